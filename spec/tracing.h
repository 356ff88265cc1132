// SPDX-License-Identifier: Apache-2.0
//
// Tracing of an InferenceService (`spec.tracing`, KServe v0.21): its fields, their defaults and the allowed
// samplers. Read by defaulting, which writes the defaults, by validation, and by the builders of containers.
//
//   if (const TracingView tracing = tracing_of(service)) use(tracing.sampler());  // parentbased_traceidratio
//
// An empty object enables tracing with the defaults; without the field there is none.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "spec/inference_service.h"

namespace modelgate::spec {

/// A field of `spec.tracing`. All are strings.
struct TracingField {
  std::string_view name;
  std::string_view default_value;
  std::string_view variable;  // of OpenTelemetry, in the containers
};

/// In the order in which KServe sets the variables.
inline constexpr std::array<TracingField, 4> kTracingFields = {{
    {"exporterEndpoint", "http://otel-collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT"},
    {"exporter", "otlp", "OTEL_TRACES_EXPORTER"},
    {"sampler", "parentbased_traceidratio", "OTEL_TRACES_SAMPLER"},
    {"samplerArg", "0.05", "OTEL_TRACES_SAMPLER_ARG"},
}};

/// The values that OpenTelemetry defines for OTEL_TRACES_SAMPLER.
inline constexpr std::array<std::string_view, 9> kTracesSamplers = {
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
    "parentbased_jaeger_remote",
    "jaeger_remote",
    "xray",
};

/// Each field as it is set, else its default.
class TracingView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view value_of(const TracingField& tracing_field) const {
    return optional_string(tracing_field.name).value_or(tracing_field.default_value);
  }
  std::string_view exporter_endpoint() const { return value_of(kTracingFields[0]); }
  std::string_view sampler() const { return value_of(kTracingFields[2]); }
  std::string_view sampler_arg() const { return value_of(kTracingFields[3]); }
};

/// Absent if the service is not traced.
inline TracingView tracing_of(const InferenceServiceView& service) {
  return service.spec().object<TracingView>("tracing");
}

/// Whether the argument of the sampler is a ratio.
bool takes_ratio(std::string_view sampler);

/// Whether `text` is an absolute URL of http or https with a host.
bool is_http_url(std::string_view text);

/// The text between the colon after the host and the path of a URL; nullopt if there is no colon.
std::optional<std::string_view> port_of(std::string_view url);

}  // namespace modelgate::spec
