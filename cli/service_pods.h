// SPDX-License-Identifier: Apache-2.0
//
// The Pods that would be created for an InferenceService: the Deployments of Standard mode, and from the
// template of each a Pod, as the webhook would let it in. Called by review.cc for `--pods`.
//
//   const ServicePods made = pods_of(verdict.object, ns, input);
//   for (const ServicePod& pod : made.pods) show(pod.deployment, pod.verdict.object);
//   for (const ServiceProblem& p : made.problems) tell(p.path, p.text);
//
// The service is one that was reviewed: defaulted, and its structure checked. Values live in the input's
// arena.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/offline.h"

namespace modelgate::cli {

struct ServicePod {
  std::string deployment;
  std::string component;  // "predictor"; also for the workers and the canaries
  spec::Value before;     // as its controller asks for it
  Verdict verdict;
};

/// Why a component gets no Pods, or others than the service says.
struct ServiceProblem {
  bool fatal = false;
  std::string path;  // in the service
  std::string text;  // with the reason that stands in the service's condition
};

struct ServicePods {
  std::vector<ServicePod> pods;
  std::vector<ServiceProblem> problems;
  /// What was asked for before there were Pods, and not given.
  std::set<admission::ObjectKey> assumed;
};

ServicePods pods_of(const spec::Value& service, std::string_view ns, const Input& input);

}  // namespace modelgate::cli
