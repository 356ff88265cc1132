// SPDX-License-Identifier: Apache-2.0
//
// One object through admission, as the API server and the webhook would take it: mutated, then validated.
// Called by review.cc, and for the Pods of a service by service_objects.cc.
//
//   const Verdict verdict = review_object(object, old, input);
//   if (verdict.reviewed && !verdict.allowed) ...
//
// What admission asks of the cluster, the manifests answer (kube::Manifests::fact). What they do not know
// never denies; which Secrets and ServiceAccounts that were is in `assumed`.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admission/facts.h"
#include "admission/review.h"
#include "cli/input.h"

namespace modelgate::cli {

struct Verdict {
  bool reviewed = false;  // false: nothing of ours reviews this kind
  bool allowed = true;
  std::vector<admission::Cause> causes;
  std::string message;  // where it is denied for something that has no cause
  std::vector<std::string> warnings;
  spec::Value object;  // as it would be stored; in the input's arena
  std::set<admission::ObjectKey> assumed;
};

/// `old` is what is stored, or nullptr for a create.
Verdict review_object(const kube::ManifestObject& object, const kube::ManifestObject* old,
                      const Input& input);

/// A Pod that a controller is about to create in `ns`.
Verdict review_pod(const spec::Value& pod, std::string_view ns, const Input& input);

/// Tells the facts what the manifests know. A value of a Secret that could be copied into a Pod is told as a
/// placeholder: what is made of the facts is printed.
void look_up(const admission::Needs& needs, const Input& input, admission::Facts& facts,
             std::set<admission::ObjectKey>& assumed);

/// A warning that one of these could not be read. Nobody tried to: it is told once, of all of them.
bool is_about(std::string_view warning, const std::set<admission::ObjectKey>& assumed);

}  // namespace modelgate::cli
