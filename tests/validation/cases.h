// SPDX-License-Identifier: Apache-2.0
//
// The rows of the rules' tests: an object, and exactly what is found in it. Each rule has a row that is
// accepted and one that is denied; a limit shows both sides. rules_test.cc runs them all and checks that no
// rule is left out.
//
//   {"replicas", "BelowZero", service({.predictor = model() + R"(, "minReplicas": -1)"}),
//    {"replicas Invalid spec.predictor.minReplicas"}},
#pragma once

#include <string>
#include <vector>

namespace modelgate::validation {

struct Case {
  const char* rule;  // that the row is about
  const char* name;  // in the test's name
  std::string object;
  /// "rule Reason path", all of them, in any order. Empty: accepted.
  std::vector<std::string> errors = {};
  /// How each warning begins: with its path. A missing runtime counts as one.
  std::vector<std::string> warnings = {};
  /// The old object, on UPDATE.
  std::string old = {};
  /// What is in the catalog beside the fixture's.
  std::string catalog = "[]";
};

/// The parts of an InferenceService as JSON members, without braces.
struct Parts {
  std::string predictor = {};
  std::string spec = {};  // beside the predictor
  std::string name = "iris";
  std::string annotations = R"("serving.kserve.io/deploymentMode": "Standard")";
  std::string metadata = {};  // beside name, namespace and annotations
  std::string status = {};
};
std::string service(const Parts& parts);

/// `"model": {...}`: sklearn from a bucket, with more members.
std::string model(const std::string& more = {});
/// The same without a storageUri.
std::string bare_model(const std::string& more = {});
/// `"containers": [{...}]`: one custom serving container, with more members.
std::string custom(const std::string& more = {});

/// A ClusterServingRuntime of that name; `spec` are members. `containers` is there unless `spec` has it.
std::string cluster_runtime(const std::string& name, const std::string& spec);
/// The same as a ServingRuntime in a namespace.
std::string runtime(const std::string& name, const std::string& ns, const std::string& spec);

inline constexpr const char* kKnative = R"("serving.kserve.io/deploymentMode": "Knative")";
inline constexpr const char* kHpa =
    R"("serving.kserve.io/deploymentMode": "Standard", "serving.kserve.io/autoscalerClass": "hpa")";
inline constexpr const char* kKeda =
    R"("serving.kserve.io/deploymentMode": "Standard", "serving.kserve.io/autoscalerClass": "keda")";
inline constexpr const char* kNoAutoscaler =
    R"("serving.kserve.io/deploymentMode": "Standard", "serving.kserve.io/autoscalerClass": "none")";

// By subject; each in a file of its own.
std::vector<Case> name_cases();
std::vector<Case> component_cases();
std::vector<Case> scaling_cases();
std::vector<Case> storage_cases();
std::vector<Case> runtime_choice_cases();
std::vector<Case> multi_node_cases();
std::vector<Case> canary_cases();
std::vector<Case> container_cases();
std::vector<Case> pod_field_cases();
std::vector<Case> without_effect_cases();

// Of runtimes.
std::vector<Case> runtime_cases();

}  // namespace modelgate::validation
