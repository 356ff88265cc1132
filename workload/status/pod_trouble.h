// SPDX-License-Identifier: Apache-2.0
//
// Why a Pod does not serve, from its status: an image that cannot be pulled, a container that crashes, an
// init container that fails, no node that fits, a readiness probe that fails. Called by observed_component.cc, model_state.cc and
// deployed_versions.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/core.h"

namespace modelgate::workload {

struct PodTrouble {
  /// The reason for a condition: "OOMKilled", "ImagePullBackOff", "Unschedulable", "ModelLoadFailed".
  std::string reason;
  /// KServe's class: "ModelLoadFailed" if a container ran and failed, else "RuntimeUnhealthy".
  std::string_view failure;
  /// With the names of Pod and container, and the container's termination message if it has one.
  std::string message;
  std::string pod;
  std::int64_t exit_code = 0;
  std::string time;  // RFC 3339; empty if it is not known
  /// Not a failure: no node fits yet, and one may be added; or it is not ready, and may become so.
  bool transient = false;
};

/// The first trouble of a Pod: of scheduling, then of init containers, then of containers, in their order, then of readiness. A
/// Pod that is being deleted has none: its containers end as intended.
std::optional<PodTrouble> trouble_of(const spec::PodView& pod);

/// The trouble to report: the first that is not transient, else the first. nullptr if there is none.
const PodTrouble* worst_of(const std::vector<PodTrouble>& troubles);

/// Running and Ready.
bool is_ready(const spec::PodView& pod);
bool is_scheduled(const spec::PodView& pod);
/// Being deleted.
bool is_terminating(const spec::PodView& pod);
/// The storage initializer is fetching the model.
bool is_fetching(const spec::PodView& pod);

}  // namespace modelgate::workload
