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

#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/edit.h"
#include "spec/facts.h"
#include "spec/field.h"

namespace modelgate::workload {

struct PodContext {
  /// With those of its objects that facts hold, each by name or all of a kind (an ObjectKey without a name).
  const spec::Catalog& catalog;
  const spec::Facts& facts;
  /// Of the request: a Pod from a template does not know its own yet.
  std::string_view namespace_;
  /// Where the control plane runs: there the configured CA bundle is mounted, elsewhere its copy.
  std::string_view system_namespace = "kserve";
};

struct PodOutcome {
  /// What denies the Pod, in the mode that the configuration says.
  spec::FieldErrors errors;
  /// Most important first. In Compatible mode, also what Strict would have denied.
  std::vector<std::string> warnings;
  bool strict_would_deny = false;
  /// With anything in it, the rest is not yet the answer.
  std::vector<spec::ObjectKey> needs;
  /// "storage-initializer", "agent": what was added, for the audit log.
  std::vector<std::string_view> injected;
};

PodOutcome mutate_pod(spec::Edit& edit, const PodContext& context);

}  // namespace modelgate::workload
