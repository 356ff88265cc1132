// SPDX-License-Identifier: Apache-2.0
//
// The desired objects of an InferenceService, and the problems found while they were built (build_wanted.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/facts.h"
#include "spec/field.h"
#include "spec/json.h"
#include "workload/objects/child_names.h"

namespace modelgate::workload {

/// Why something cannot be realized, or not as it was meant.
struct Problem {
  enum class Kind {
    kFatal,   // the component is not made, or not whole
    kNotice,  // it is made, and differs from what the service says
  };
  Kind kind = Kind::kFatal;
  std::string_view component;  // "predictor", "canary", "transformer", "explainer", "ingress"
  /// For a condition: "NoSupportingRuntime", "InvalidPredictorSpec", ...; one of KServe's where it has one.
  std::string_view reason;
  spec::FieldPath path;  // in the service; its names belong to the service's document
  std::string text;      // starts in lower case
  /// The service may be as it should be, and only the cluster does not take its objects now: no failure of
  /// the service, though nothing of the component is made meanwhile.
  bool may_pass = false;
  /// The object that is missing, or that could not be read.
  std::optional<spec::ObjectKey> about = {};

  bool is_fatal() const { return kind == Kind::kFatal; }
  bool is_failure() const { return is_fatal() && !may_pass; }
};

struct WantedObject {
  spec::Value object;
  /// Made where it is missing, and then left alone: others fill it.
  bool create_only = false;
  /// Whose it is, for the conditions: "predictor", "canary", "transformer", "explainer", "ingress".
  std::string_view component;
};

/// Not made now, and not to go where it is there.
struct KeptObject {
  std::string kind;  // empty: whatever has that name
  std::string name;
};

struct Wanted {
  /// In the order in which they are applied.
  std::vector<WantedObject> objects;
  std::vector<Problem> problems;
  /// To be looked up; with anything in it, the rest is not yet the answer.
  std::vector<spec::ObjectKey> needs;
  /// What serves the stable predictor's model, where a runtime does.
  const spec::Runtime* runtime = nullptr;
  /// The stop annotation is set: what there is is to go, but for what is listed.
  bool stopped = false;

  std::vector<KeptObject> kept;
  /// Something waits only for `status.observedGeneration` to be this service's generation: for what was
  /// listed to be applied once. Build again when it is written, though nothing else changes.
  bool look_again = false;

  /// The first fatal problem of a component, or nullptr.
  const Problem* fatal(std::string_view component) const;
  /// Whoever prunes asks this of each object that is the service's and that is not listed. A version that
  /// still serves is kept, a route while what it leads to is down for a moment, and everything while a fatal
  /// problem keeps the rest from being built.
  bool keeps(std::string_view kind, std::string_view name) const;
};

}  // namespace modelgate::workload
