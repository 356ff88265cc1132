// SPDX-License-Identifier: Apache-2.0
//
// Pod injection: adds to a Pod of an InferenceService its model's storage with credentials, the agent for
// logging, batching and pulling models, and metrics. Called by admission on `/mutate-pods`, and by
// children/template_pod.cc for the template of a Deployment.
//
//   spec::Edit edit(pod, arena);
//   PodOutcome outcome = mutate_pod(edit, {.catalog = catalog, .facts = facts, .namespace_ = "default"});
//   if (!outcome.needs.empty()) look those up, and start again with the original Pod;
//   else if (!outcome.errors.empty()) deny;
//   else send(edit.patch());
//
// The Pod's annotations (workload/objects/annotations.h) request what is injected; KServe v0.20's reconciler
// and ours write them. Names, arguments and order are KServe v0.20's.
//
// Pure. A second run over its own output changes nothing, whatever ran in between (`reinvocationPolicy:
// IfNeeded`). A Pod that requests no storage and no agent needs no facts. The Pod's structure was validated
// (spec/schema.h); no content of it throws.
#pragma once

#include "spec/edit.h"
#include "workload/pods/pod_context.h"

namespace modelgate::workload {

PodOutcome mutate_pod(spec::Edit& edit, const PodContext& context);

}  // namespace modelgate::workload
