// SPDX-License-Identifier: Apache-2.0
//
// Deployments as earlier releases of KServe created them. At the next upgrade, KServe itself would restart their Pods;
// a move to us does not: such a Deployment keeps its form until something else changes in it.
//
//   auto older = as_of_older_release(wanted, arena);
//   if (older && is_of_older_release(live)) apply(*older);
//
// Pure. Used by plan.h and applier.h.
#pragma once

#include <optional>

#include "spec/json.h"

namespace modelgate::reconciler {

/// Before v0.17, containers did not get the name of their service as an environment variable. Nothing if the
/// Deployment has no such variable, or the object is not a Deployment.
std::optional<spec::Value> as_of_older_release(const spec::Value& wanted, spec::Arena& arena);

/// Whether the Deployment in the cluster has that form.
bool is_of_older_release(const spec::Value& live);

}  // namespace modelgate::reconciler
