// SPDX-License-Identifier: Apache-2.0
//
// What is put into a Pod of an InferenceService: its model's storage with the credentials for it, the agent
// for logging, batching and pulling models, metrics. Who calls: admission, on `/mutate-pods`; the reconciler
// may, for the template of a Deployment.
//
//   spec::Edit edit(pod, arena);
//   PodOutcome outcome = mutate_pod(edit, {.catalog = catalog, .facts = facts, .namespace_ = "default"});
//   if (!outcome.needs.empty()) look those up, and start again from the Pod as it was;
//   else if (!outcome.errors.empty()) deny;
//   else send(edit.patch());
//
// What is wanted stands in the Pod's annotations (workload/objects/annotations.h), where KServe v0.20's
// reconciler and ours write it; names, arguments and the order of things are KServe v0.20's.
//
// Pure. Run over its own output it changes nothing, whatever ran in between (`reinvocationPolicy: IfNeeded`).
// A Pod that asks for no storage and no agent needs no facts. The Pod's structure has been checked
// (spec/schema.h); nothing here throws for what it holds.
#pragma once

#include "spec/edit.h"
#include "workload/pods/pod_context.h"

namespace modelgate::workload {

PodOutcome mutate_pod(spec::Edit& edit, const PodContext& context);

}  // namespace modelgate::workload
