// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/kinds.h"

#include <fmt/format.h>

#include "cli/doctor/catalog.h"

namespace modelgate::cli {
namespace {

struct RequiredKind {
  const kube::Resource* kind;
  std::string about;
  std::string by;      // the setting that requires it
  std::string effect;  // on users if it is missing
  std::string remedy;
  bool error;  // false: services work without it
};

std::string services_text(const ServiceTally::Group& group) {
  std::string out = fmt::format("{} InferenceService{}", group.count, group.count == 1 ? "" : "s");
  for (std::size_t i = 0; i < group.first.size(); ++i)
    out += fmt::format("{}{}", i == 0 ? " (" : ", ", group.first[i].to_string());
  if (group.count > group.first.size()) out += ", ...";
  return group.first.empty() ? out : out + ")";
}

std::vector<RequiredKind> required_by_configuration(const ClusterSnapshot& snapshot,
                                                    const spec::Configuration& c) {
  std::vector<RequiredKind> out;
  if (c.ingress.disable_ingress_creation) return out;
  const std::string about = config_map_name(snapshot);
  if (c.ingress.enable_gateway_api) {
    out.push_back({&kube::kHttpRoutes, about, "ingress: enableGatewayApi is true",
                   "services in Standard mode get no route, and never become ready",
                   "install the Gateway API and a Gateway, or set enableGatewayApi to false", true});
  } else if (c.modelgate.istio_routes) {
    out.push_back({&kube::kVirtualServices, about, "modelgate: istioRoutes is true",
                   "services get an Ingress instead, which cannot split requests between versions",
                   "install Istio, or set istioRoutes to false", false});
  }
  return out;
}

std::vector<RequiredKind> required_by_services(const ServiceTally& tally) {
  std::vector<RequiredKind> out;
  if (tally.keda.count > 0) {
    out.push_back({&kube::kScaledObjects,
                   {},
                   fmt::format("autoscalerClass is keda in {}", services_text(tally.keda)),
                   "they are not scaled",
                   "install KEDA, or set their autoscalerClass to hpa",
                   true});
  }
  if (tally.collectors.count > 0) {
    out.push_back({&kube::kOpenTelemetryCollectors,
                   {},
                   fmt::format("metrics come from opentelemetry in {}", services_text(tally.collectors)),
                   "no collector provides the metrics for scaling",
                   "install the OpenTelemetry operator, or use other metrics",
                   true});
  }
  return out;
}

void report(const RequiredKind& required, const ClusterSnapshot& snapshot, Findings& out) {
  const kube::Resource& kind = *required.kind;
  const auto served = snapshot.serves(kind);
  if (served == true) return;
  if (!served) {
    return out.skipped(
        {.about = required.about,
         .found = fmt::format("{}; it is unknown whether the cluster has {}", required.by, kind.kind)});
  }
  const std::string command = fmt::format("kubectl get crd {}.{}", kind.plural, kind.group);
  Details details{
      .about = required.about,
      .found = fmt::format("{}, but the cluster does not serve the kind {} ({})", required.by, kind.kind,
                           kind.api_version()),
      .cause = required.effect,
      .remedy = required.remedy,
      .command = required.about.empty() ? command : fmt::format("{}\n{}", command, edit_command(snapshot))};
  required.error ? out.error(std::move(details)) : out.warning(std::move(details));
}

}  // namespace

void check_configured_kinds(const ClusterSnapshot& snapshot, Findings& out) {
  if (!out.could_read(snapshot, kube::kConfigMaps, snapshot.names.ns)) return;
  const auto configuration = configuration_of(snapshot);
  if (!configuration) return out.skipped({.found = "the configuration cannot be read"});
  for (const RequiredKind& required : required_by_configuration(snapshot, *configuration))
    report(required, snapshot, out);
  if (!snapshot.services) return;
  for (const RequiredKind& required : required_by_services(*snapshot.services))
    report(required, snapshot, out);
}

}  // namespace modelgate::cli
