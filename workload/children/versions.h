// SPDX-License-Identifier: Apache-2.0
//
// How traffic and Pods are shared among the versions of a predictor: the stable one, its canaries, and
// retiring versions, which the service no longer names and which still serve. Called by build_wanted.cc and
// the routes.
//
// Compatible does as KServe: once one Pod of a canary is available, the canary gets its whole share, and the
// stable version scales down by as many Pods. A version that is no longer named is deleted at once.
//
// In Strict, traffic follows Pods, and Pods are removed after their traffic:
//   1. A version without available Pods gets no traffic while another version with a share has available
//      Pods.
//   2. The traffic of a version grows with its available Pods, in proportion to the Pods that its share needs.
//      It does not shrink because a Pod fails.
//   3. The stable version takes over traffic only once its rollout is complete: a promoted canary serves until
//      the stable version serves the same.
//   4. Traffic that no version may take over yet stays where it is: with a canary whose share was reduced, or
//      with a retiring version. Such a version retains its Pods until the route sends it no traffic.
//   5. The stable version scales down by the Pods of a canary that are available and get their traffic.
// In both modes the shares of canaries stay while a change of a version is not written yet, e.g. because the API server
// refuses it.
// If the stable version's Pods cannot be scheduled for lack of resources, it takes over with those that it
// has: the version that it replaces may hold the resources.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload/children/service_build.h"
#include "workload/children/version_plan.h"

namespace modelgate::workload {

/// Reason of the notice for a version that the service no longer names and that still serves.
inline constexpr std::string_view kWaitsForStable = "WaitsForStable";

VersionPlan plan_versions(const ServiceBuild& build);

/// A version in a route; without a weight if the route can have only one.
struct RouteShare {
  std::string component;
  std::optional<std::int64_t> weight = std::nullopt;
};

/// By the plan: the stable version first, then the others that serve.
std::vector<RouteShare> route_shares(const ServiceBuild& build);

/// A version other than the stable one is ready and gets traffic. Always false in Compatible: KServe routes
/// no traffic to a canary whose stable version is not ready.
bool another_version_serves(const ServiceBuild& build);

/// The existing route sends traffic to a canary or retiring version whose Service does not exist or is not ours: it must
/// be updated although no version serves.
bool routes_to_missing_service(const ServiceBuild& build);

}  // namespace modelgate::workload
