// SPDX-License-Identifier: Apache-2.0
//
// For tests that send whole services through admission: a cluster and services from YAML, the responses of
// both webhooks, and the cluster's objects as facts.
//
//   Cluster cluster({.kinds = ...});
//   const Reviewed r = cluster.create("metadata: {name: m}\nspec: {predictor: ...}");
//   EXPECT_THAT(r.causes(), ElementsAre("spec.predictor FieldValueInvalid"));
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admission/admission.h"

namespace modelgate::admission {

struct Reviewed {
  Response response;
  std::string object;                // as it would be stored, JSON; empty where the mutation denied
  std::vector<ObjectKey> looked_up;  // at validation

  std::vector<std::string> warnings;  // of both webhooks, rendered

  /// "field reason" of each cause.
  std::vector<std::string> causes() const;
  bool warns(std::string_view part) const;
  bool needed(std::string_view kind, std::string_view name) const;
};

class Cluster {
 public:
  /// Configuration as it is built in, but for what `change` changes.
  explicit Cluster(const std::function<void(spec::Configuration&)>& change = [](spec::Configuration&) {});

  /// Mutated and validated. `yaml` is an InferenceService in the namespace "ns" without its type.
  Reviewed create(std::string_view yaml);
  /// The same over what is stored, which is given as JSON.
  Reviewed update(std::string_view yaml, const std::string& stored);

  const spec::Catalog& catalog() const { return *catalog_; }
  /// The state of each fact; unknown by default.
  std::function<Fact::State(const ObjectKey&)> state = [](const ObjectKey&) { return Fact::State::kUnknown; };
  /// Present objects as JSON; another present object has no content.
  std::map<ObjectKey, std::string> objects;
  /// Mutates too; false for objects that are given as they are stored.
  bool mutates = true;

 private:
  Reviewed review(const char* operation, std::string_view yaml, const std::string& old);
  /// Sends `body`. Sets the response, the warnings and the objects that were looked up.
  void send(Endpoint endpoint, const std::string& body, Reviewed& out);

  std::shared_ptr<const spec::Catalog> catalog_;
};

}  // namespace modelgate::admission
