// SPDX-License-Identifier: Apache-2.0
//
// How requests and Pods are shared among the versions of a predictor: the stable one, its canaries, and those
// that the service no longer names and that still serve. Who calls: build_wanted.cc, the routes.
//
// In Compatible mode as KServe: a canary has its whole share, and the stable version gives up as many Pods,
// as soon as one Pod of it is available; a version that is no longer named goes at once.
//
// In Strict, requests follow Pods, and Pods leave after requests:
//   1. A version whose Pods are not available has no requests, as long as another with a share has some.
//   2. A share grows with the Pods that are there of those that are wanted for it, and does not shrink
//      because one of them fails.
//   3. The stable version takes over what it did not have before only once its rollout is complete: a canary
//      that is promoted goes on serving until the stable version serves the same.
//   4. What nobody may take yet stays with whom it is: with a canary whose share is smaller now, or that is
//      no longer named. Such a one keeps its Pods until the route leads away from it.
//   5. The stable version scales down by those Pods of a canary that are available and have their requests.
// Where the stable version's Pods find no room it takes over with those that it has: what it waits for might
// be held by the version that it replaces.
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

/// A version in a route; without a weight where it is the only one there can be.
struct RouteShare {
  std::string component;
  std::optional<std::int64_t> weight = std::nullopt;
};

/// By the plan: the stable version, and whatever else serves.
std::vector<RouteShare> route_shares(const ServiceBuild& build);

/// Another version than the stable one is up and has requests. In KServe nothing leads to a canary whose
/// stable version is down.
bool another_version_serves(const ServiceBuild& build);

}  // namespace modelgate::workload
