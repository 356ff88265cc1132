// SPDX-License-Identifier: Apache-2.0
#include "validation/tracing.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "spec/storage_uri.h"
#include "spec/tracing.h"

namespace modelgate::validation {
namespace {

bool is_ratio(std::string_view text) {
  double ratio = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ratio);
  return error == std::errc{} && end == text.data() + text.size() && ratio >= 0 && ratio <= 1;
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0;
}

}  // namespace

void check_tracing(const Service& s, Report& report) {
  const spec::TracingView tracing = spec::tracing_of(s.isvc());
  if (!tracing) return;
  const LazyPath at = s.spec_at() / "tracing";
  if (const std::string_view endpoint = tracing.exporter_endpoint(); !spec::is_http_url(endpoint)) {
    report.add({spec::ErrorType::kInvalid, at / "exporterEndpoint", spec::quote(spec::shown_uri(endpoint)),
                "must be an absolute URL of http or https with a host, such as http://otel-collector:4317"});
  }
  if (std::ranges::find(spec::kTracesSamplers, tracing.sampler()) == spec::kTracesSamplers.end())
    report.add(not_supported(at / "sampler", tracing.sampler(), spec::kTracesSamplers));
}

void check_tracing_values(const Service& s, Report& report) {
  const spec::TracingView tracing = spec::tracing_of(s.isvc());
  if (!tracing) return;
  const LazyPath at = s.spec_at() / "tracing";
  if (const auto port = spec::port_of(tracing.exporter_endpoint()); port && !is_port(*port)) {
    report.add({spec::ErrorType::kInvalid, at / "exporterEndpoint",
                spec::quote(spec::shown_uri(tracing.exporter_endpoint())),
                "must have a port from 1 to 65535"});
  }
  if (!spec::takes_ratio(tracing.sampler()) || is_ratio(tracing.sampler_arg())) return;
  report.add(invalid(at / "samplerArg", tracing.sampler_arg(),
                     "must be a number from 0 to 1, the ratio of traced requests, for the sampler " +
                         std::string(tracing.sampler())));
}

}  // namespace modelgate::validation
