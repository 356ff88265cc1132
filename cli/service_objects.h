// SPDX-License-Identifier: Apache-2.0
//
// What would be made for an InferenceService in Standard mode: the reconciler's objects, and from the
// template of each Deployment a Pod, as the webhook would let it in. Called by review.cc for `--render` and
// `--pods`.
//
//   const ServiceObjects made = objects_of(verdict.object, ns, input);
//   for (const workload::WantedObject& o : made.objects) show(o.object);
//   for (const ServicePod& pod : pods_of(made, ns, input)) show(pod.deployment, pod.verdict.object);
//   for (const ServiceProblem& p : made.problems) tell(p.path, p.text);
//
// The service is one that was reviewed: defaulted, and its structure checked. Everything is taken to be up,
// so that routes lead to all of it. Values live in the input's arena.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/offline.h"
#include "workload/children/wanted.h"

namespace modelgate::cli {

struct ServicePod {
  std::string deployment;
  std::string component;  // "predictor"; also for the workers and the canaries
  spec::Value before;     // as its controller asks for it
  Verdict verdict;
};

/// Why a component gets no objects, or others than the service says.
struct ServiceProblem {
  bool fatal = false;
  std::string path;    // in the service
  std::string text;    // starts in lower case
  std::string reason;  // in the service's condition; empty where it comes from here
};

struct ServiceObjects {
  std::vector<workload::WantedObject> objects;  // in the order in which they are applied
  std::vector<ServiceProblem> problems;
  /// What was asked for and not given.
  std::set<admission::ObjectKey> assumed;
};

ServiceObjects objects_of(const spec::Value& service, std::string_view ns, const Input& input);

/// One of each Deployment.
std::vector<ServicePod> pods_of(const ServiceObjects& made, std::string_view ns, const Input& input);

}  // namespace modelgate::cli
