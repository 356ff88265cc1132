// SPDX-License-Identifier: Apache-2.0
//
// One object through admission, as the API server and the webhook would take it: mutated, then validated.
// Called by review.cc.
//
//   const Verdict verdict = review_object(object, old, input);
//   if (verdict.reviewed && !verdict.allowed) ...
#pragma once

#include <string>
#include <vector>

#include "admission/review.h"
#include "cli/input.h"

namespace modelgate::cli {

struct Verdict {
  bool reviewed = false;  // false: nothing of ours reviews this kind
  bool allowed = true;
  std::vector<admission::Cause> causes;
  std::string message;  // where it is denied for something that has no cause
  std::vector<std::string> warnings;
  spec::Value object;  // as it would be stored; in the input's arena
};

/// `old` is what is stored, or nullptr for a create.
Verdict review_object(const kube::ManifestObject& object, const kube::ManifestObject* old,
                      const Input& input);

}  // namespace modelgate::cli
