// SPDX-License-Identifier: Apache-2.0
//
// What keeps a Pod from serving, read from its status: images that cannot be pulled, containers that die,
// init containers that fail, no node that fits. Who calls: status.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spec/core.h"

namespace modelgate::workload {

struct PodTrouble {
  /// The finer cause, for a condition: "OOMKilled", "ImagePullBackOff", "Unschedulable", "ModelLoadFailed".
  std::string reason;
  /// KServe's class of it: "ModelLoadFailed" where a container ran and failed, else "RuntimeUnhealthy".
  std::string_view failure;
  /// With the Pod's and the container's name, and the container's last words where it left any.
  std::string message;
  std::string pod;
  std::int64_t exit_code = 0;
  std::string time;  // RFC 3339; empty where it is not known
  /// It may pass by itself: no node fits yet. Anything else is a failure.
  bool may_pass = false;
};

/// The first trouble of a Pod: the scheduler's, then of init containers, then of containers, in their order.
/// One that is being deleted has none: its containers end as they should.
std::optional<PodTrouble> trouble_of(const spec::PodView& pod);

/// Whether it serves: Running and Ready.
bool is_ready(const spec::PodView& pod);
bool is_scheduled(const spec::PodView& pod);
/// It is being deleted.
bool is_leaving(const spec::PodView& pod);
/// The storage initializer is fetching the model.
bool is_fetching(const spec::PodView& pod);

}  // namespace modelgate::workload
