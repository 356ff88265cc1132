// SPDX-License-Identifier: Apache-2.0
#include "validation/service_names.h"

#include <fmt/format.h>

#include <utility>

#include "spec/names.h"
#include "validation/metadata_maps.h"

namespace modelgate::validation {
namespace {

using spec::ErrorType;

/// The API server cuts generateName to this length and appends a suffix of this length.
constexpr std::size_t kMaxGenerateNameBytes = 58;
constexpr std::string_view kGeneratedSuffix = "xxxxx";

/// The name, or one of the length and form of the name that the API server will generate.
struct EffectiveName {
  std::string text;
  bool generated = false;
};

EffectiveName effective_name(const Service& s) {
  const std::string_view name = s.metadata().name();
  const std::string_view generate = s.metadata().generate_name();
  if (!name.empty() || generate.empty()) return {std::string(name)};
  std::string text(generate.substr(0, kMaxGenerateNameBytes));
  text += kGeneratedSuffix;
  return {std::move(text), true};
}

/// A name derived from the service's. `around`: its bytes without the service's and the predictor's name.
struct Derived {
  std::string_view what;
  std::size_t around;
};

constexpr std::size_t length(std::string_view s) {
  return s.size();
}

// KServe v0.20's forms: a Service is {name}-{component}, the label `app` of its Pods isvc.{name}-{component},
// of a worker's Pods isvc.{name}-predictor-worker.
constexpr Derived kServiceName = {"the name of its Service, {name}-{component},", 0};
constexpr Derived kAppLabel = {"the label app of its Pods, isvc.{name}-{component},", length("isvc.")};
constexpr Derived kWorkerLabel = {"the label app of its workers, isvc.{name}-{component}-worker,",
                                  length("isvc.") + length("-worker")};

/// The longest derived name.
Derived longest(const Service& s, const Component& c) {
  if (!s.standard()) return kServiceName;
  const bool workers = c.is_predictor() && spec::PredictorView(c.view.value()).worker_spec();
  return workers ? kWorkerLabel : kAppLabel;
}

/// Bytes of `-predictor`, or of `-{variant}-predictor`.
std::size_t component_bytes(const Component& c, std::string_view variant) {
  return 1 + c.name.size() + (variant.empty() ? 0 : variant.size() + 1);
}

std::string_view variant_of(const Component& c) {
  return c.is_predictor() ? spec::PredictorView(c.view.value()).name() : std::string_view{};
}

/// Bytes of the first label of a component's host, if domainTemplate consists of fields and plain text.
std::optional<std::size_t> host_label_bytes(const Service& s, std::size_t component_name_bytes) {
  std::string_view rest = s.configuration().ingress.domain_template;
  std::size_t bytes = 0;
  while (!rest.empty()) {
    if (rest.front() == '.') return bytes;
    if (!rest.starts_with("{{")) {
      ++bytes;
      rest.remove_prefix(1);
      continue;
    }
    const std::size_t end = rest.find("}}");
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view field = rest.substr(2, end - 2);
    while (field.starts_with(' ')) field.remove_prefix(1);
    while (field.ends_with(' ')) field.remove_suffix(1);
    rest.remove_prefix(end + 2);
    if (field == ".Name") {
      bytes += component_name_bytes;
    } else if (field == ".Namespace") {
      bytes += s.namespace_().size();
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

struct TooLong {
  std::string what;
  std::size_t bytes = 0;
};

/// The first name of a component that is too long, if any.
std::optional<TooLong> too_long(const Service& s, const Component& c, std::size_t name_bytes) {
  const std::size_t component_name = name_bytes + component_bytes(c, variant_of(c));
  const Derived derived = longest(s, c);
  const std::size_t bytes = component_name + derived.around;
  if (bytes > spec::kMaxLabelBytes) return TooLong{std::string(derived.what), bytes};
  if (!s.standard()) return std::nullopt;
  const auto host = host_label_bytes(s, component_name);
  if (!host || *host <= spec::kMaxLabelBytes) return std::nullopt;
  return TooLong{fmt::format("the first part of its host name, by domainTemplate {},",
                             spec::quote(s.configuration().ingress.domain_template)),
                 *host};
}

/// A predictor's storage URI as KServe reads it when the name changes.
std::string_view storage_uri_of_predictor(const spec::PredictorView& predictor) {
  if (const auto uri = predictor.model().storage_uri()) return *uri;
  for (const spec::Implementation& i : spec::implementations(predictor)) {
    return spec::storage_uri_of(predictor, i).value_or(std::string_view{});
  }
  return {};
}

}  // namespace

void check_service_name(const Service& s, Report& report) {
  const EffectiveName name = effective_name(s);
  const LazyPath at = s.metadata_at();
  if (name.text.empty()) {
    report.add(required(at / "name", "a service needs a name"));
    return;
  }
  const auto problem = spec::check_service_form(name.text);
  if (!problem) return;
  const std::string_view written = name.generated ? s.metadata().generate_name() : s.metadata().name();
  report.add(invalid(at / (name.generated ? "generateName" : "name"), written, std::string(*problem)));
}

void check_derived_names(const Service& s, Report& report) {
  const EffectiveName name = effective_name(s);
  bool name_reported = false;
  for (const Component& c : s.components()) {
    const auto found = too_long(s, c, name.text.size());
    if (!found) continue;
    const bool variant = !variant_of(c).empty();
    if (!variant && std::exchange(name_reported, true)) continue;
    const LazyPath metadata = s.metadata_at();
    const LazyPath at = variant ? c.at / "name" : metadata / (name.generated ? "generateName" : "name");
    const std::size_t excess = found->bytes - spec::kMaxLabelBytes;
    const std::string_view shown = variant ? variant_of(c) : std::string_view(name.text);
    report.add({ErrorType::kTooLong, at, spec::quote(shown),
                fmt::format("{} would have {} bytes, and {} are allowed: make it {} shorter", found->what,
                            found->bytes, spec::kMaxLabelBytes, excess)});
  }
}

void check_predictor_names(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    const std::string_view variant = variant_of(c);
    if (variant.empty()) continue;
    if (const auto problem = spec::check_service_form(variant))
      report.add(invalid(c.at / "name", variant, std::string(*problem)));
  }
}

void check_metadata_maps(const Service& s, Report& report) {
  const LazyPath metadata = s.metadata_at();
  check_labels(s.metadata().labels(), metadata / "labels", report);
  check_annotations(s.metadata().annotations(), metadata / "annotations", report);
  for (const Component& c : s.components()) {
    check_labels(c.view.labels(), c.at / "labels", report);
    check_annotations(c.view.annotations(), c.at / "annotations", report);
  }
}

void check_predictor_name_change(const Service& s, Report& report) {
  if (!s.old()) return;
  const spec::PredictorView before = s.old()->spec().predictor();
  const spec::PredictorView now = s.isvc().spec().predictor();
  if (before.name() == now.name()) return;
  // KServe crashes on an old predictor without an implementation: that must be fixed before the name changes.
  const bool serves = !spec::implementations(before).empty();
  if (serves && storage_uri_of_predictor(before) != storage_uri_of_predictor(now)) return;
  const LazyPath predictor = s.spec_at() / "predictor";
  report.add(forbidden(
      predictor / "name",
      fmt::format("may change from {} to {} only together with the model's storageUri: a name stands for one "
                  "version of the model",
                  spec::quote(before.name()), spec::quote(now.name()))));
}

}  // namespace modelgate::validation
