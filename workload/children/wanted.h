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

/// Why the service cannot be realized, or not as intended.
struct Problem {
  enum class Kind {
    kFatal,   // the component is not built, or not completely
    kNotice,  // the component is built, and differs from the service
  };
  Kind kind = Kind::kFatal;
  std::string_view component;  // "predictor", "canary", "transformer", "explainer", "ingress"
  /// For a condition: "NoSupportingRuntime", "InvalidPredictorSpec", ...; KServe's reason if it has one.
  std::string_view reason;
  spec::FieldPath path;  // in the service; refers to texts of the service's document
  std::string text;      // starts in lower case
  /// The service may be valid, and the cluster rejects its objects only for now. Not a failure of the
  /// service, although the component is not built meanwhile.
  bool transient = false;
  /// Found when the built objects were written: a write failed, or would have changed an object of another owner.
  bool refused = false;
  /// The object that is missing, or that could not be read.
  std::optional<spec::ObjectKey> about = {};

  bool is_fatal() const { return kind == Kind::kFatal; }
  bool is_failure() const { return is_fatal() && !transient; }
};

struct WantedObject {
  spec::Value object;
  /// Created if it is missing, and never changed: other controllers fill it.
  bool create_only = false;
  /// The component that owns it, for the conditions: "predictor", "canary", "transformer", "explainer",
  /// "ingress".
  std::string_view component;
  /// Of a Deployment: where the service has the component, or its workers.
  spec::FieldPath path = {};
};

/// An object that is not built now, and must not be deleted if it exists.
struct RetainedObject {
  std::string kind;  // empty: any kind
  std::string name;
};

struct Wanted {
  /// In the order in which they are applied.
  std::vector<WantedObject> objects;
  std::vector<Problem> problems;
  /// Objects to look up. If there are any, the rest is not final.
  std::vector<spec::ObjectKey> needs;
  /// The runtime of the stable predictor, or nullptr.
  const spec::Runtime* runtime = nullptr;
  /// The stop annotation is set: all objects that are not in `objects` must be deleted.
  bool stopped = false;

  std::vector<RetainedObject> retained;
  /// Objects that must be deleted whatever the problems are: routes for the host of another service.
  std::vector<RetainedObject> released;
  /// A step waits until `status.observedGeneration` is the service's generation, that is until these objects
  /// were applied once. Build again after that status is written, even if nothing else changes.
  bool waits_for_status = false;

  /// The fatal problem of a component, or nullptr: the first that is not transient, else the first.
  const Problem* fatal(std::string_view component) const;
  /// Whether an owned object that is not in `objects` must not be deleted: a version that still serves, a
  /// route whose backend is not ready for a moment, and everything while a fatal problem prevents a complete
  /// build.
  bool retains(std::string_view kind, std::string_view name) const;
};

}  // namespace modelgate::workload
