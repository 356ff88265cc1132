// SPDX-License-Identifier: Apache-2.0
//
// Bodies of writes that the applier derives from those of the plan, or from an object in the cluster. Pure.
//
//   client.merge_patch(resource, ns, name, adoption_patch(live), options);
#pragma once

#include <optional>
#include <string>

#include "kube/client/object.h"

namespace modelgate::reconciler {

/// The body with a resourceVersion as precondition.
std::string with_version(const std::string& body, const std::string& version);

/// The body without clusterIP; nothing if it has none.
std::optional<std::string> without_address(const std::string& body);

/// A merge patch that renames KServe's field manager to ours, for exactly this state of the object.
std::string adoption_patch(const kube::Object& live);

/// Creates an object again as it was.
std::string body_to_restore(const kube::Object& was);

}  // namespace modelgate::reconciler
