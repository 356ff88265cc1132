// SPDX-License-Identifier: Apache-2.0
//
// The part of the status that follows from the predictor, transformer and explainer: their conditions and
// URLs, and the state of the model. Called by status.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workload/status/conditions.h"
#include "workload/status/model_state.h"
#include "workload/status/status_input.h"

namespace modelgate::workload {

/// "PredictorReady", "TransformerReady" or "ExplainerReady".
std::string_view ready_condition(std::string_view component);

struct ComponentStatus {
  /// By component. An empty URL: the component is not ready yet.
  std::vector<std::pair<std::string_view, std::string>> urls;
  /// Of the stable predictor.
  ModelState model;
  /// A component is not ready because of a permanent failure of its Pods.
  bool failed = false;
  /// Requests reach ready Pods of every component, whether the current generation was applied or not.
  bool serves = true;
};

/// Sets the condition of each component.
ComponentStatus component_status(const StatusInput& input, Conditions& conditions);

/// Compatible: KServe reports a model as loaded only once the whole service is ready, its route included.
/// Call after the condition Ready is set.
void withdraw_loaded_model(const StatusInput& input, const Conditions& conditions, ComponentStatus& status);

/// The status' `components`.
spec::Value component_urls(const ComponentStatus& status, spec::Arena& arena);

}  // namespace modelgate::workload
