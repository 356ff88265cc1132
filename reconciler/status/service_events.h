// SPDX-License-Identifier: Apache-2.0
//
// The Kubernetes Events of an InferenceService for a change of its status. Only transitions have Events. Reasons
// are KServe's where it has one. Pure.
//
//   for (const ServiceEvent& e : events_of(old_status, new_status))
//     e.is_warning ? recorder.warn(reference, e.reason, e.message) : recorder.normal(...);
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "defaulting/runtime_selection.h"
#include "spec/json.h"

namespace modelgate::reconciler {

struct ServiceEvent {
  bool is_warning = false;
  std::string reason;
  std::string message;
};

/// `before` may be nullptr: the first status.
std::vector<ServiceEvent> events_of(const spec::Value* before, const spec::Value& after);

/// Which runtime serves the model and why, and why no other runtime for its format does: only if the status
/// names another one than before.
std::optional<ServiceEvent> runtime_event(const spec::Value* before, const spec::Value& after,
                                          const std::optional<defaulting::Selection>& selection);

}  // namespace modelgate::reconciler
