// SPDX-License-Identifier: Apache-2.0
#include "workload/objects/child_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "spec/names.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kClusterDomain = "cluster.local";

/// Called often: each service has many names.
std::string joined(std::initializer_list<std::string_view> parts) {
  std::size_t bytes = 0;
  for (const std::string_view p : parts) bytes += p.size();
  std::string out;
  out.reserve(bytes);
  for (const std::string_view p : parts) out += p;
  return out;
}

std::string_view suffix_of(NameStyle style) {
  return style == NameStyle::kDefaultSuffix ? "-default" : "";
}

/// The service's name if the component is the stable predictor.
std::string_view base_of(std::string_view component_name) {
  constexpr std::string_view kSuffix = "-predictor";
  if (component_name.ends_with(kSuffix)) component_name.remove_suffix(kSuffix.size());
  return component_name;
}

}  // namespace

NameStyle name_style_for(std::string_view service, std::span<const std::string_view> deployments,
                         const spec::Configuration& configuration) {
  using ComponentNames = spec::ModelgateConfiguration::ComponentNames;
  if (!deployments.empty()) {
    for (const NameStyle style : {NameStyle::kDefaultSuffix, NameStyle::kPlain}) {
      const std::array names = {predictor_name(service, {}, style), transformer_name(service, style),
                                explainer_name(service, style)};
      if (std::ranges::find_first_of(names, deployments) != names.end()) return style;
    }
  }
  return configuration.modelgate.component_names == ComponentNames::kDefaultSuffix ? NameStyle::kDefaultSuffix
                                                                                   : NameStyle::kPlain;
}

std::string predictor_name(std::string_view service, std::string_view variant, NameStyle style) {
  return variant.empty() ? joined({service, "-", kPredictor, suffix_of(style)})
                         : joined({service, "-", variant, "-", kPredictor});
}

std::string transformer_name(std::string_view service, NameStyle style) {
  return joined({service, "-", kTransformer, suffix_of(style)});
}

std::string explainer_name(std::string_view service, NameStyle style) {
  return joined({service, "-", kExplainer, suffix_of(style)});
}

std::string worker_name(std::string_view service) {
  return fmt::format("{}-{}-worker", service, kPredictor);
}

std::string app_label(std::string_view component_name) {
  return joined({"isvc.", component_name});
}

std::string worker_app_label(std::string_view component_name) {
  return fmt::format("isvc.{}-worker", component_name);
}

std::string head_service_name(std::string_view component_name, std::string_view generation) {
  return fmt::format("{}-head-{}", base_of(component_name), generation);
}

std::string workers_service_name(std::string_view component_name, std::string_view generation) {
  return fmt::format("{}-workers-{}", base_of(component_name), generation);
}

std::string model_config_name(std::string_view service) {
  // KServe numbers shards, but has only one.
  return fmt::format("modelconfig-{}-0", service);
}

std::string short_host(std::string_view component_name, std::string_view ns) {
  return fmt::format("{}.{}", component_name, ns);
}

std::string cluster_host(std::string_view component_name, std::string_view ns) {
  return fmt::format("{}.{}.svc.{}", component_name, ns, kClusterDomain);
}

std::optional<std::string> check_component_name(std::string_view component_name) {
  if (const auto problem = spec::check_dns1035_label(component_name)) {
    return fmt::format("the name \"{}\" of its Service {}", component_name, *problem);
  }
  const std::string label = app_label(component_name);
  if (const auto problem = spec::check_label_value(label)) {
    return fmt::format("the value \"{}\" of its label \"app\" {}", label, *problem);
  }
  return std::nullopt;
}

}  // namespace modelgate::workload
