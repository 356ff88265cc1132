// SPDX-License-Identifier: Apache-2.0
//
// The state of a predictor's model: the status' `modelStatus`. Called by component_status.cc and
// canary_status.cc.
//
//   out.value("modelStatus", to_value(model_state({.pods = pods, .ready = true}), arena));
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/core.h"
#include "workload/children/wanted.h"
#include "workload/status/pod_trouble.h"

namespace modelgate::workload {

struct ModelEvidence {
  const std::vector<spec::PodView>& pods;  // newest first
  const std::vector<PodTrouble>& troubles;
  /// Why the predictor, or its current version, was not built; nullptr if it was.
  const Problem* problem = nullptr;
  /// Why Pods cannot be created; nullopt if they can.
  std::optional<std::string> no_pods = std::nullopt;
  /// The predictor is ready.
  bool ready = false;
  /// The active state in the old status: it stays until another model is loaded.
  std::string_view active_before = {};
  bool strict = true;
};

struct ModelState {
  std::string_view active;
  std::string_view target;      // Pending, Loading, Loaded, FailedToLoad; empty: unknown
  std::string_view transition;  // InProgress, UpToDate, BlockedByFailedLoad, InvalidSpec; empty: unknown
  std::int64_t ready_copies = 0;
  std::int64_t failed_copies = 0;
  /// The copies were counted.
  bool observed = false;
  std::optional<PodTrouble> failure = std::nullopt;
};

ModelState model_state(const ModelEvidence& evidence);

spec::Value to_value(const ModelState& state, spec::Arena& arena);

}  // namespace modelgate::workload
