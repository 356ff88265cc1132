// SPDX-License-Identifier: Apache-2.0
//
// Builds a service's children before the service is stored, so that `kubectl apply` reports what the
// reconciler could not realize. Called by admission.cc after the rules.
//
//   const Realization realization = realize(
//       {.service = object, .namespace_ = ns, .catalog = catalog, .facts = facts}, findings, arena);
//   if (!realization.needs.empty()) look them up, and realize again
//
// The objects are those of workload/children/wanted.h; only their problems and references are used. A problem
// that the service itself causes is an error of the rule kRealizableRule, in Strict mode only. A problem that
// another object (a runtime, a Secret, a claim) or the configuration can solve is a warning. A problem that a
// rule has reported is not repeated.
//
// For Standard mode only; in other modes it finds nothing, except that Strict says what Knative mode
// needs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admission/facts.h"
#include "spec/catalog.h"
#include "spec/field.h"
#include "spec/json.h"
#include "validation/validation.h"

namespace modelgate::admission {

/// The rule's name in errors, warnings and audit annotations. It ratchets by its text: see ratchet.h.
inline constexpr std::string_view kRealizableRule = "realizable";

/// Lookups for one service. Enough for the Pods of five components with a claim, a ServiceAccount and a few
/// Secrets each; references beyond the limit count as present.
inline constexpr std::size_t kMaxReferences = 16;

struct RealizationInput {
  const spec::Value& service;   // defaulted, its structure checked
  std::string_view namespace_;  // from the request: the object may not name it
  const spec::Catalog& catalog;
  const Facts& facts;
  /// On UPDATE, the service as the API server has it.
  const spec::Value* stored = nullptr;
  /// Sees each error; see spec::ErrorFilter.
  spec::ErrorFilter* filter = nullptr;
};

struct Realization {
  spec::FieldErrors errors;
  std::vector<spec::FieldWarning> warnings;
  /// To look up; until then the findings that depend on them are missing.
  std::vector<ObjectKey> needs;
  /// To look up; present ones may add a warning, and nothing else.
  std::vector<ObjectKey> unless_present;
};

/// `findings` are those of the rules. Paths of the result refer to the service's document and the arena.
Realization realize(const RealizationInput& in, const validation::Findings& findings, spec::Arena& arena);

}  // namespace modelgate::admission
