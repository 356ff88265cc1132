// SPDX-License-Identifier: Apache-2.0
//
// Why a step of a plan failed: the API server's refusal as a condition's reason, and a text that says what to
// do. Pure; used by applier.h, and by assessment.h for the status.
//
//   outcome.problems.push_back(problem_of(step, error));
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "kube/client/api_error.h"
#include "reconciler/apply/plan.h"

namespace modelgate::reconciler {

/// Bytes of the API server's message that are repeated: its longest refusals name every field.
inline constexpr std::size_t kMaxApiMessageBytes = 600;

/// Why a desired object does not exist: for a condition of its component.
struct ApplyProblem {
  std::string_view component;  // empty for an object that could not be deleted
  std::string reason;          // in CamelCase: "Forbidden", "NameTaken", "KindAbsent", "WriteStorm", ...
  std::string text;            // with the object's kind and name and the API server's message, on one line
  /// The same write may succeed later. False: something has to change first.
  bool transient = true;
};

/// What the API server's refusal of a step means.
ApplyProblem problem_of(const Step& step, const kube::ApiError& error);

}  // namespace modelgate::reconciler
