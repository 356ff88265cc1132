// SPDX-License-Identifier: Apache-2.0
//
// Which runtime serves a model that names none, and for each other candidate, why it does not.
//
//   const Requirement wanted{.model = spec::requirement_of(isvc.spec().predictor()), .namespace_ = ns};
//   const Selection selection = select_runtime(wanted, catalog);
//   if (selection.chosen) use(selection.chosen->name);
//   for (const Candidate& c : selection.candidates()) print(c.runtime->display_name(), c.reason());
//
// The rules are KServe v0.20's. spec/runtime_support.h decides whether a runtime fits. Of those that fit, one
// in the service's namespace has precedence over those of the cluster, then the one with the higher priority
// for the format (no priority is the lowest), then the first in the catalog's order: lowest protocol, newest,
// name.
//
// Callers: apply_defaults() for each model, `modelgate explain`, and the builders of children if selection is
// deferred. Selecting allocates nothing; candidates() builds the reasons.
//
// A Selection refers to the catalog, which must outlive it, and owns its texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/inference_service.h"
#include "spec/runtime_support.h"

namespace modelgate::defaulting {

struct Requirement {
  spec::ModelRequirement model;
  std::string_view namespace_;  // of the service
};

/// One runtime that was considered.
struct Candidate {
  enum class Verdict {
    kChosen,
    kOutranked,  // fits, but another has precedence
    kUnfit,      // why_not says why
  };
  Verdict verdict = Verdict::kUnfit;
  const spec::Runtime* runtime = nullptr;
  std::string text;

  /// One line, without the runtime's name: `serves "lightgbm", not "sklearn"`.
  const std::string& reason() const { return text; }
};

struct Selection {
  /// Who selected it.
  enum class Source {
    kNone,     // nothing fits
    kNamed,    // the service names it
    kEarlier,  // an earlier pass, or KServe, and it still fits
    kNew,
  };

  const spec::Runtime* chosen = nullptr;
  Source source = Source::kNone;
  const spec::Catalog* catalog = nullptr;

  // The requirement.
  std::string namespace_;
  std::string format;
  std::optional<std::string> version;
  std::optional<std::string> protocol;
  bool multi_node = false;

  /// All runtimes that the service may use: its namespace's, then the cluster's, each in the catalog's order.
  std::vector<Candidate> candidates() const;
  /// The requirement. Refers to this object.
  spec::ModelRequirement model() const;
};

Selection select_runtime(const Requirement& wanted, const spec::Catalog& catalog);

/// A selection with a given runtime, for the reasons of its candidates.
Selection make_selection(const Requirement& wanted, const spec::Catalog& catalog, const spec::Runtime* chosen,
                         Selection::Source source);

/// Only the runtime, or nullptr.
const spec::Runtime* best_runtime(const Requirement& wanted, const spec::Catalog& catalog);

/// The runtime for the model of a defaulted service in `ns` that names none: its selection is deferred, or no
/// runtime served it when it was admitted. nullptr if the model names one, if there is no model, or if no
/// runtime serves it.
const spec::Runtime* runtime_of_unpinned_model(const spec::InferenceServiceView& service, std::string_view ns,
                                               const spec::Catalog& catalog);

}  // namespace modelgate::defaulting
