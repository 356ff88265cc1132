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
  std::vector<spec::FieldWarning> warnings;
  bool strict_would_deny = false;
  /// With anything in it, the rest is not yet the answer.
  std::vector<spec::ObjectKey> needs;
  /// "storage-initializer", "agent": what was added, for the audit log.
  std::vector<std::string_view> injected;
};

}  // namespace modelgate::workload
