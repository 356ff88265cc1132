// SPDX-License-Identifier: Apache-2.0
//
// One object of a service takes the place of another: in what order they are written. README.md lists the order for
// all kinds, with the reasons; here are the kinds for which the old object may have to go first.
//
//   if (const Replacement* r = replacement_of(kube::kHorizontalPodAutoscalers, kube::kScaledObjects)) ...
//   if (is_in_the_way(error, kube::kHorizontalPodAutoscalers, "iris-predictor")) ...
//
// Pure. Used by plan.h and applier.h.
#pragma once

#include <string_view>

#include "kube/client/api_error.h"
#include "kube/client/resource.h"

namespace modelgate::reconciler {

/// Two kinds that do the same for an object of the same name. The new object is created first. If the API server
/// refuses it because of the old one, the old one is deleted, and created again if the new one is still refused.
struct Replacement {
  std::string_view old_kind, new_kind;
  /// The old object is deleted as soon as the new one exists, even if other objects could not be applied.
  bool at_once = false;
};

/// nullptr: the old object is never deleted before everything that is desired was applied.
const Replacement* replacement_of(const kube::Resource& old_object, const kube::Resource& new_object);

/// Whether the API server, a webhook or a policy refused an object because this one exists: its message says so. A
/// refusal for any other reason does not change if the old object is deleted.
bool is_in_the_way(const kube::ApiError& refusal, const kube::Resource& old_object, std::string_view name);

}  // namespace modelgate::reconciler
