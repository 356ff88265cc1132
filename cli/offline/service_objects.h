// SPDX-License-Identifier: Apache-2.0
//
// The objects that the reconciler would create for an InferenceService in Standard mode, and one Pod of each
// Deployment as the webhook would admit it. Called by review.cc for `--render` and `--pods`.
//
//   const ServiceObjects built = objects_of(verdict.object, ns, input);
//   for (const workload::WantedObject& o : built.objects) show(o.object);
//   for (const ServicePod& pod : pods_of(built, ns, input)) show(pod.deployment, pod.verdict.object);
//   for (const ServiceProblem& p : built.problems) report(p.path, p.text);
//
// The service was reviewed before: it is defaulted, and its structure is valid. All components count as
// ready, so routes include them. Values live in the input's arena.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/offline/admit.h"
#include "workload/children/wanted.h"

namespace modelgate::cli {

struct ServicePod {
  std::string deployment;
  std::string component;  // "predictor"; also for workers and canaries
  spec::Value before;     // as its controller creates it
  Verdict verdict;
};

/// Why a component gets no objects, or other objects than the service requests.
struct ServiceProblem {
  bool fatal = false;
  spec::FieldPath path;  // in the service
  std::string text;      // starts in lower case
  std::string reason;    // of the service's condition; empty for problems found by the CLI
};

struct ServiceObjects {
  std::vector<workload::WantedObject> objects;  // in the order in which they are applied
  std::vector<ServiceProblem> problems;
  /// Unknown Secrets and ServiceAccounts that were needed.
  std::set<admission::ObjectKey> assumed;
};

ServiceObjects objects_of(const spec::Value& service, std::string_view ns, const Input& input);

/// One Pod of each Deployment.
std::vector<ServicePod> pods_of(const ServiceObjects& built, std::string_view ns, const Input& input);

}  // namespace modelgate::cli
