// SPDX-License-Identifier: Apache-2.0
//
// Runs one object through the API server's checks and through admission: mutation, then validation. Called by
// review.cc, and by service_objects.cc for the Pods of a service.
//
//   const Verdict verdict = review_object(object, old, input);
//   if (!verdict.allowed) ...
//
// Facts about the cluster come from the manifests (kube::Manifests::fact). An unknown fact never denies;
// `assumed` lists the unknown Secrets and ServiceAccounts.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admission/facts.h"
#include "admission/review.h"
#include "cli/offline/input.h"
#include "cli/offline/kinds.h"

namespace modelgate::cli {

struct Verdict {
  Role role = Role::kReviewed;  // of the object's kind
  bool allowed = true;
  std::vector<admission::Cause> causes;
  std::string message;  // of a denial without causes
  std::vector<spec::FieldWarning> warnings;
  spec::Value object;  // as it would be stored; in the input's arena
  std::set<admission::ObjectKey> assumed;
};

/// `old` is the stored object, or nullptr for a create.
Verdict review_object(const kube::ManifestObject& object, const kube::ManifestObject* old,
                      const Input& input);

/// Reviews a Pod that a controller creates in `ns`: only the webhook's part.
Verdict review_pod(const spec::Value& pod, std::string_view ns, const Input& input);

/// Adds facts from the manifests. Secret values that could be copied into a Pod are replaced by a
/// placeholder, because the result is printed.
void look_up(const admission::Needs& needs, const Input& input, admission::Facts& facts,
             std::set<admission::ObjectKey>& assumed);

}  // namespace modelgate::cli
