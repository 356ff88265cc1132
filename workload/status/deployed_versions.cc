// SPDX-License-Identifier: Apache-2.0
#include "workload/status/deployed_versions.h"

#include <algorithm>

#include "spec/core.h"
#include "workload/objects/annotations.h"
#include "workload/objects/child_names.h"
#include "workload/status/pod_trouble.h"
#include "workload/status/service_endpoints.h"

namespace modelgate::workload {
namespace {

using spec::ObjectView;
using spec::Value;

constexpr std::int64_t kAll = 100;
/// Gateway API's, of a backend without a weight.
constexpr std::int64_t kDefaultWeight = 1;

spec::ObjectMetaView metadata_of(const Value* object) {
  return ObjectView(object).object<spec::ObjectMetaView>("metadata");
}

/// All Pods have the current template, and the controller has observed it.
bool is_rolled_out(const ObjectView& deployment) {
  const ObjectView status = deployment.object("status");
  const auto count = [](const ObjectView& of, std::string_view name) { return of.integer(name).value_or(0); };
  if (count(status, "observedGeneration") < count(deployment.object("metadata"), "generation")) return false;
  return count(status, "updatedReplicas") >= count(status, "replicas");
}

bool is_refused(const ObjectView& deployment) {
  for (const ObjectView& c : deployment.object("status").list("conditions")) {
    if (c.string("type") == "ReplicaFailure" && c.string("status") == "True") return true;
  }
  return false;
}

/// A gateway has reported that it uses an earlier generation of the route. Some report none.
bool is_new(const Value* route) {
  const std::int64_t generation = ObjectView(route).object("metadata").integer("generation").value_or(0);
  for (const ObjectView& parent : ObjectView(route).object("status").list("parents")) {
    std::int64_t reported = 0;
    for (const ObjectView& c : parent.list("conditions"))
      reported = std::max(reported, c.integer("observedGeneration").value_or(0));
    if (reported > 0 && reported < generation) return true;
  }
  return false;
}

/// A Pod of the component waits for a node.
bool is_unschedulable(const Observed& observed, std::string_view component) {
  const std::string app = app_label(component);
  return std::ranges::any_of(observed.pods, [&](const Value* p) {
    const spec::PodView pod(p);
    if (pod.metadata().labels().get("app") != app) return false;
    const auto trouble = trouble_of(pod);
    return trouble && trouble->transient && !is_scheduled(pod);
  });
}

/// The Service of an Istio destination, which is its host name in the cluster.
std::string_view service_of(std::string_view host) {
  return host.substr(0, host.find('.'));
}

/// The destinations of a rule of an HTTPRoute or a VirtualService, with their weights.
std::vector<std::pair<std::string_view, std::int64_t>> destinations(const ObjectView& rule) {
  std::vector<std::pair<std::string_view, std::int64_t>> out;
  for (const ObjectView& b : rule.list("backendRefs"))
    out.emplace_back(b.string("name"), b.integer("weight").value_or(kDefaultWeight));
  for (const ObjectView& r : rule.list("route")) {
    out.emplace_back(service_of(r.object("destination").string("host")),
                     r.integer("weight").value_or(kDefaultWeight));
  }
  return out;
}

/// Percent, by the first rule of the route that has the component as a destination.
std::optional<std::int64_t> share_by(const ObjectView& route, std::string_view component) {
  for (const std::string_view rules : {"rules", "http"}) {
    for (const ObjectView& rule : route.object("spec").list(rules)) {
      std::int64_t sum = 0;
      std::optional<std::int64_t> own;
      for (const auto& [name, weight] : destinations(rule)) {
        sum += weight;
        if (name == component) own = weight;
      }
      if (own) return sum > 0 ? *own * kAll / sum : 0;
    }
  }
  return std::nullopt;
}

/// By the service's route; with a transformer, by the predictor's.
std::int64_t weight_of(const Observed& observed, std::string_view service, std::string_view component) {
  std::int64_t otherwise = 0;
  for (const auto* routes : {&observed.http_routes, &observed.virtual_services}) {
    for (const Value* route : *routes) {
      const auto share = share_by(ObjectView(route), component);
      if (!share) continue;
      if (metadata_of(route).name() == service) return *share;
      otherwise = std::max(otherwise, *share);
    }
  }
  return otherwise;
}

/// A Deployment that is or was a version of this service's predictor.
bool is_version(const Value* deployment) {
  const spec::ObjectMetaView metadata = metadata_of(deployment);
  return metadata.labels().get(label::kComponent) == kPredictor && !metadata.deletion_timestamp() &&
         !metadata.name().ends_with("-worker");
}

}  // namespace

std::vector<DeployedVersion> deployed_versions(const Observed& observed, std::string_view service,
                                               std::vector<std::string> named) {
  for (const Value* d : observed.deployments) {
    const std::string_view name = metadata_of(d).name();
    if (is_version(d) && std::ranges::find(named, name) == named.end()) named.emplace_back(name);
  }
  const bool route_is_new = std::ranges::any_of(observed.http_routes, is_new);
  std::vector<DeployedVersion> out;
  for (const std::string& name : named) {
    const auto it =
        std::ranges::find(observed.deployments, name, [](const Value* d) { return metadata_of(d).name(); });
    if (it == observed.deployments.end()) continue;
    const ObjectView deployment(*it);
    const std::int64_t available = deployment.object("status").integer("availableReplicas").value_or(0);
    out.push_back({.component = name,
                   .replicas = deployment.object("spec").integer("replicas").value_or(1),
                   .available = unreachable(observed, name) ? 0 : available,
                   .rolled_out = is_rolled_out(deployment),
                   .lacks_room = is_refused(deployment) || is_unschedulable(observed, name),
                   .weight = weight_of(observed, service, name),
                   .has_service = has_service(observed, name),
                   .route_is_new = route_is_new});
  }
  return out;
}

}  // namespace modelgate::workload
