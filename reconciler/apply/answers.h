// SPDX-License-Identifier: Apache-2.0
//
// What an error of the API server means for the steps of a plan. Pure. Used by applier.h; apply_problem.h explains the
// error to the user.
//
//   if (is_stale(reply.error())) ...  // reconcile again
#pragma once

#include "kube/client/api_error.h"
#include "reconciler/apply/plan.h"

namespace modelgate::reconciler {

/// The object does not exist, though the cluster serves its kind.
bool is_absent(const kube::ApiError& error, const Step& step);

/// The remaining steps would fail too: the API server cannot be reached, or the client is stopping.
bool ends_all(const kube::ApiError& error);

/// The object is not in the state that the step was planned for. (A wrong uid is reported as a change of an
/// immutable field.)
bool is_stale(const kube::ApiError& error);

/// The same write would be refused again.
bool is_definite(const kube::ApiError& error);

/// Something that no watch reports may end it: a policy or webhook, a quota, RBAC, an object that is not ours. The
/// object was not written.
bool is_refusal(const kube::ApiError& error);

/// The API server refused to change a Service's clusterIP: whether it is headless is fixed when it is created.
/// As in KServe, the configuration applies to new Services only.
bool is_address_immutable(const Step& step, const kube::ApiError& error);

}  // namespace modelgate::reconciler
