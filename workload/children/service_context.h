// SPDX-License-Identifier: Apache-2.0
//
// What the builder (build_wanted.h) needs to know beside the service: catalog, runtime, and which components
// are ready. Its callers (admission, the reconciler, `modelgate review`) get it from make_service_context().
//
//   ServiceContext context = make_service_context(name, catalog, {.runtime = selected, .facts = &facts});
//   context.ready = ready_components(...);
//   Wanted wanted = build_wanted(service, context, arena);
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/facts.h"
#include "workload/objects/child_names.h"

namespace modelgate::workload {

/// The observed state of one version of the predictor. It decides when traffic and Pods move to another
/// version (versions.h).
struct DeployedVersion {
  std::string component;       // its Deployment's name
  std::int64_t replicas = 0;   // desired
  std::int64_t available = 0;  // Pods; none if requests do not reach them
  bool rolled_out = false;     // all its Pods have the current template
  bool lacks_room = false;     // its Pods find no node, or exceed a quota
  std::int64_t weight = 0;     // percent of the traffic, by the existing route
  bool has_service = true;     // a Service of its name exists and is ours
  /// The gateway uses an earlier generation of the route, and may send requests here by that.
  bool route_is_new = false;
  bool pending = false;  // its Deployment has a change that is not written yet
};

/// The components that are ready: routes send traffic, and weights move, only to these.
struct ReadyComponents {
  bool predictor = false;
  bool transformer = false;
  bool explainer = false;
  std::vector<std::string> canaries = {};  // by the names of their predictors
  /// All deployed versions, whether the service names them or not. Empty if they are unknown (at admission):
  /// then the other members decide.
  std::vector<DeployedVersion> versions = {};

  /// In Knative mode: the host of the component that requests reach first, as its Knative Service has it. Empty: not
  /// known yet.
  std::string entrance_host = {};

  bool canary(std::string_view name) const { return std::ranges::find(canaries, name) != canaries.end(); }
};

/// The namespace of Knative's configuration.
inline constexpr std::string_view kKnativeNamespace = "knative-serving";

struct ServiceContext {
  const spec::Catalog& catalog;
  /// The selected runtime of a `predictor.model` that names none; nullptr if none was found.
  const spec::Runtime* runtime = nullptr;
  ReadyComponents ready{};
  /// Secrets and ServiceAccounts that `storageUris` need; nullptr before they are looked up.
  const spec::Facts* facts = nullptr;
  /// The namespace of the control plane.
  std::string_view system_namespace = "kserve";
  /// See name_style_for().
  NameStyle name_style = NameStyle::kPlain;
  /// The installation enables VirtualServices instead of Ingresses, and the cluster has the kind. KServe
  /// creates them in Knative mode only. Requires `ingressGateway`.
  bool virtual_services = false;
  /// The service is in Knative mode, and the cluster has Knative Services.
  bool knative = false;
  /// The cluster has VirtualServices.
  bool has_istio = true;
  /// Build as in Strict, whatever is configured: in Compatible mode, admission reports what Strict would
  /// deny.
  bool as_strict = false;
  /// A component is not built while a Secret or another object that its template depends on could not be
  /// read: Pods without their credentials would replace running ones. For the reconciler, which tries
  /// again.
  bool needs_all_facts = false;
  /// Hosts that another service has, and that service as "namespace/name". Compatible ignores it, as KServe
  /// does.
  std::map<std::string, std::string, std::less<>> taken_hosts = {};
  /// For callers that need only the problems: of the objects, only Deployments with what their Pods consist
  /// of are built. All problems are reported.
  bool problems_only = false;
};

/// What a caller knows of the cluster beyond the catalog.
struct ClusterState {
  /// Serves `predictor.model` if that names no runtime (defaulting/runtime_selection.h).
  const spec::Runtime* runtime = nullptr;
  const spec::Facts* facts = nullptr;
  /// The names of the service's Deployments that exist.
  std::span<const std::string_view> deployments = {};
  /// Whether the cluster has the kind VirtualService.
  bool has_virtual_services = true;
};

/// For the service of that name, before anything of it is ready.
ServiceContext make_service_context(std::string_view service_name, const spec::Catalog& catalog,
                                    const ClusterState& cluster);

}  // namespace modelgate::workload
