// SPDX-License-Identifier: Apache-2.0
//
// What the builder (build_wanted.h) needs to know beside the service: catalog, runtime, and which components are
// ready.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/facts.h"
#include "workload/objects/child_names.h"

namespace modelgate::workload {

/// A version of the predictor in the cluster: what decides when requests and Pods move from one to another
/// (versions.h).
struct DeployedVersion {
  std::string component;       // its Deployment's name
  std::int64_t replicas = 0;   // as whoever scales it asks
  std::int64_t available = 0;  // Pods
  bool rolled_out = false;     // all its Pods are of its present template
  bool lacks_room = false;     // Pods of it find no node, or are refused by a quota
  std::int64_t weight = 0;     // of a hundred requests, by the route that is there
};

/// What of the service is up: routes lead, and weights move, only to what is.
struct ReadyComponents {
  bool predictor = false;
  bool transformer = false;
  bool explainer = false;
  std::vector<std::string> canaries = {};  // by the names of their predictors
  /// All versions that there are, whether the service names them or not. Where nobody has looked (admission),
  /// what the others say is taken for the whole truth.
  std::vector<DeployedVersion> versions = {};

  bool canary(std::string_view name) const { return std::ranges::find(canaries, name) != canaries.end(); }
};

struct ServiceContext {
  const spec::Catalog& catalog;
  /// Serves `predictor.model` where that names no runtime; nullptr where none was found.
  const spec::Runtime* runtime = nullptr;
  ReadyComponents ready{};
  /// What the cluster says of Secrets and ServiceAccounts that `storageUris` need; nullptr: nobody asked yet.
  const spec::Facts* facts = nullptr;
  /// Where the control plane runs.
  std::string_view system_namespace = "kserve";
  /// See name_style_for().
  NameStyle name_style = NameStyle::kPlain;
  /// The installation wants VirtualServices in the place of Ingresses, and the cluster has the kind. KServe
  /// makes them in Knative mode only, so this is to be asked for; `ingressGateway` must be there.
  bool virtual_services = false;
  /// Build as Strict does, whatever the configuration says: admission tells in Compatible mode what Strict
  /// would deny.
  bool as_strict = false;
  /// For who asks for problems alone: of the objects only Deployments are made, and of those what their Pods
  /// are made of. All problems are told.
  bool problems_only = false;
};

}  // namespace modelgate::workload
