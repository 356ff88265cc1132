// SPDX-License-Identifier: Apache-2.0
//
// Which runtime serves a model that names none, and for every other candidate, why not that one.
//
//   const Requirement wanted{.model = spec::requirement_of(isvc.spec().predictor()), .namespace_ = ns};
//   const Selection selection = select_runtime(wanted, catalog);
//   if (selection.chosen) use(selection.chosen->name);
//   for (const Candidate& c : selection.candidates()) print(c.runtime->display_name(), c.reason());
//
// The rules are KServe v0.20's. A runtime fits by spec/runtime_support.h. Of those that fit, one of the
// service's own namespace goes before any of the cluster, then the higher priority for the format goes first
// (a runtime without a priority comes last), then the catalog's order: lowest protocol, newest, name.
//
// Who calls: apply_defaults() for every model, `modelgate explain`, and the reconciler where selection is
// deferred to it. Choosing allocates nothing; reasons are made when somebody asks for them.
//
// A Selection refers to the catalog, which must outlive it, and owns what it says about the model.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
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
    kOutranked,  // would serve the model, but another goes first
    kUnfit,      // why_not says why
  };
  Verdict verdict = Verdict::kUnfit;
  const spec::Runtime* runtime = nullptr;
  std::string text;

  /// One line for a person, without the runtime's name: `serves "lightgbm", not "sklearn"`.
  const std::string& reason() const { return text; }
};

struct Selection {
  /// Where the choice comes from.
  enum class Source {
    kNone,     // nothing fits
    kNamed,    // the service names it
    kEarlier,  // chosen by an earlier defaulting, or by KServe, and still fit
    kNew,
  };

  const spec::Runtime* chosen = nullptr;
  Source source = Source::kNone;
  const spec::Catalog* catalog = nullptr;

  // What was asked for.
  std::string namespace_;
  std::string format;
  std::optional<std::string> version;
  std::optional<std::string> protocol;
  bool multi_node = false;

  /// Every runtime that the service could use: its namespace's first, then the cluster's, each in the
  /// catalog's order.
  std::vector<Candidate> candidates() const;
  /// As selection sees it. Refers to this object.
  spec::ModelRequirement model() const;
};

Selection select_runtime(const Requirement& wanted, const spec::Catalog& catalog);

/// A selection that was settled otherwise, for its candidates' reasons.
Selection settled_selection(const Requirement& wanted, const spec::Catalog& catalog,
                            const spec::Runtime* chosen, Selection::Source source);

/// Only the runtime, or nullptr.
const spec::Runtime* best_runtime(const Requirement& wanted, const spec::Catalog& catalog);

}  // namespace modelgate::defaulting
