// SPDX-License-Identifier: Apache-2.0
//
// The state of a predictor's model: the status' `modelStatus`. Who calls: status.cc.
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
  /// The predictor, or its present version, is not made, and why; nullptr: it is.
  const Problem* problem = nullptr;
  /// Why Pods cannot be made; nothing where they can.
  std::optional<std::string> no_pods = std::nullopt;
  /// The predictor is up.
  bool ready = false;
  /// What was told before: it stays until another model is loaded.
  std::string_view active_before = {};
  bool strict = true;
};

struct ModelState {
  std::string_view active;
  std::string_view target;      // Pending, Loading, Loaded, FailedToLoad; empty: nothing is known
  std::string_view transition;  // InProgress, UpToDate, BlockedByFailedLoad, InvalidSpec; empty likewise
  std::int64_t ready_copies = 0;
  std::int64_t failed_copies = 0;
  /// Pods were looked at.
  bool observed = false;
  std::optional<PodTrouble> failure = std::nullopt;
};

ModelState model_state(const ModelEvidence& evidence);

spec::Value to_value(const ModelState& state, spec::Arena& arena);

}  // namespace modelgate::workload
