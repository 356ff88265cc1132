// SPDX-License-Identifier: Apache-2.0
//
// Input and output of Pod injection (pod.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/facts.h"
#include "spec/field.h"

namespace modelgate::workload {

struct PodContext {
  const spec::Catalog& catalog;
  /// Objects that were looked up, by name or all of a kind (an ObjectKey without a name).
  const spec::Facts& facts;
  /// Of the request: a Pod from a template has none yet.
  std::string_view namespace_;
  /// The control plane's: Pods in it mount the configured CA bundle, others its copy.
  std::string_view system_namespace = "kserve";
  /// It is a Deployment's template. Its Pods are admitted too: what would change templates of earlier releases is added
  /// then.
  bool is_template = false;
};

struct PodOutcome {
  /// They deny the Pod, in the configured mode.
  spec::FieldErrors errors;
  /// Most important first. In Compatible mode, also what Strict would have denied.
  std::vector<spec::FieldWarning> warnings;
  bool strict_would_deny = false;
  /// Objects to look up. If there are any, the rest of the outcome is not final.
  std::vector<spec::ObjectKey> needs;
  /// Objects that the steps asked for and that could not be read, without duplicates. The rest of the outcome
  /// is a guess then: a caller that creates the Pod must not use it.
  std::vector<spec::ObjectKey> unread;
  /// What was added, for the audit log: "storage-initializer", "agent".
  std::vector<std::string_view> injected;
};

}  // namespace modelgate::workload
