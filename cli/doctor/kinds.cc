// SPDX-License-Identifier: Apache-2.0
//
// Kinds of others that the reconciler makes objects of where the configuration or a service asks for them:
// whether the cluster serves them.
#include <fmt/format.h>

#include "cli/doctor/checks.h"

namespace modelgate::cli {
namespace {

struct Asked {
  const kube::Resource* kind;
  std::string about;
  std::string by;      // what asks for it
  std::string effect;  // on users, where it is not there
  std::string remedy;
  bool error;  // else there is a way around it
};

std::string services_text(const ServiceTally::Group& group) {
  std::string out = fmt::format("{} InferenceService{}", group.count, group.count == 1 ? "" : "s");
  for (std::size_t i = 0; i < group.first.size(); ++i)
    out += fmt::format("{}{}", i == 0 ? " (" : ", ", group.first[i].to_string());
  if (group.count > group.first.size()) out += ", ...";
  return group.first.empty() ? out : out + ")";
}

std::vector<Asked> asked_by_configuration(const ClusterPicture& picture, const spec::Configuration& c) {
  std::vector<Asked> out;
  if (c.ingress.disable_ingress_creation) return out;
  const std::string about = config_map_name(picture);
  if (c.ingress.enable_gateway_api) {
    out.push_back({&kube::kHttpRoutes, about, "ingress: enableGatewayApi is true",
                   "services in Standard mode get no route, and never become ready",
                   "install the Gateway API and a Gateway, or set enableGatewayApi to false", true});
  } else if (c.modelgate.istio_routes) {
    out.push_back({&kube::kVirtualServices, about, "modelgate: istioRoutes is true",
                   "services get an Ingress in its place, which cannot split requests between versions",
                   "install Istio, or set istioRoutes to false", false});
  }
  return out;
}

std::vector<Asked> asked_by_services(const ServiceTally& tally) {
  std::vector<Asked> out;
  if (tally.keda.count > 0) {
    out.push_back({&kube::kScaledObjects,
                   {},
                   fmt::format("autoscalerClass is keda in {}", services_text(tally.keda)),
                   "nothing scales them",
                   "install KEDA, or give them the class hpa",
                   true});
  }
  if (tally.collectors.count > 0) {
    out.push_back({&kube::kOpenTelemetryCollectors,
                   {},
                   fmt::format("metrics come from opentelemetry in {}", services_text(tally.collectors)),
                   "no collector brings the metrics that they are scaled by",
                   "install the OpenTelemetry operator, or give them other metrics",
                   true});
  }
  return out;
}

void tell(const Asked& asked, const ClusterPicture& picture, Findings& out) {
  const kube::Resource& kind = *asked.kind;
  const auto served = picture.serves(kind);
  if (served == true) return;
  if (!served) {
    return out.skipped(
        {.about = asked.about,
         .found = fmt::format("{}; whether the cluster has {} is not known", asked.by, kind.kind)});
  }
  const std::string look = fmt::format("kubectl get crd {}.{}", kind.plural, kind.group);
  Words words{.about = asked.about,
              .found = fmt::format("{}, and the cluster does not serve the kind {} ({})", asked.by, kind.kind,
                                   kind.api_version()),
              .cause = asked.effect,
              .remedy = asked.remedy,
              .command = asked.about.empty() ? look : fmt::format("{}\n{}", look, edit_command(picture))};
  asked.error ? out.error(std::move(words)) : out.warning(std::move(words));
}

}  // namespace

void check_configured_kinds(const ClusterPicture& picture, Findings& out) {
  if (!out.could_read(picture, kube::kConfigMaps, picture.names.ns)) return;
  const auto configuration = configuration_of(picture);
  if (!configuration) return out.skipped({.found = "the configuration cannot be read"});
  for (const Asked& asked : asked_by_configuration(picture, *configuration)) tell(asked, picture, out);
  if (!picture.services) return;
  for (const Asked& asked : asked_by_services(*picture.services)) tell(asked, picture, out);
}

}  // namespace modelgate::cli
