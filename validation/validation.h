// SPDX-License-Identifier: Apache-2.0
//
// Validation: every rule about InferenceServices, ServingRuntimes and ClusterServingRuntimes, as one function
// a kind. Admission calls it behind defaulting, on every create and update; `modelgate review` through
// admission.
//
//   Findings found = validate_inference_service({.isvc = isvc, .old = &old_isvc, .catalog = catalog});
//   for (const spec::FieldError& e : found.errors) ...   // e.rule, e.path, e.strict_only
//
// All errors are found at once. What they lead to is admission's: an error with `strict_only` denies in
// Strict mode and is a warning in Compatible mode; an error of a rule that ratchets is a warning where the
// old object has it too.
//
// Denied by rules of origin kKServe is exactly what KServe v0.20's validators deny (crashes included, each of
// which is a field error here); README.md lists the quirks that this takes.
//
// Pure: no I/O, no clock, no state. The objects may hold anything; their structure is admission's to check
// first (spec/schema.h), and a field of a wrong type reads as absent here. Linear in the object, but for a
// few loops over pairs that FieldErrors' own bound and the API server's limit on bodies keep short.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/field.h"
#include "spec/inference_service.h"

namespace modelgate::validation {

/// An InferenceService to validate: as it comes out of defaulting.
struct Subject {
  spec::InferenceServiceView isvc;
  /// What is stored, on UPDATE; nullptr on CREATE.
  const spec::InferenceServiceView* old = nullptr;
  const spec::Catalog& catalog;
  /// Where the service lives; empty: what its metadata says.
  std::string_view namespace_ = {};
};

/// A ServingRuntime or ClusterServingRuntime to validate. The catalog gives the others, and on UPDATE the one
/// that is stored.
struct RuntimeSubject {
  spec::ServingRuntimeView runtime;
  const spec::ServingRuntimeView* old = nullptr;
  const spec::Catalog& catalog;
  std::string_view namespace_ = {};
};

/// A runtime that the service names and the catalog lacks. It may have come a moment ago, so the caller looks
/// for it once more: the warning is for when it is not found then either.
struct MissingRuntime {
  std::string_view namespace_;  // where a ServingRuntime would be; else it is a ClusterServingRuntime
  std::string_view name;        // belongs to the service's document
  spec::FieldWarning warning;
};

struct Findings {
  spec::FieldErrors errors;
  /// Most important first.
  std::vector<spec::FieldWarning> warnings;
  std::vector<MissingRuntime> missing_runtimes;
};

/// Finds nothing on an UPDATE of what is being deleted: its finalizers have to go, whatever else is wrong.
Findings validate_inference_service(const Subject& subject);
Findings validate_serving_runtime(const RuntimeSubject& subject);

enum class Origin : std::uint8_t {
  kKServe,  // KServe v0.20 denies for it too
  kStrict,  // ours alone
};

enum class Ratchet : std::uint8_t {
  kRatchets,    // what was wrong before may stay wrong
  kTransition,  // about a change: it concerns the new object alone
};

/// A rule without its function: what FieldError::rule refers to.
struct RuleInfo {
  std::string_view name;
  Origin origin = Origin::kStrict;
  Ratchet ratchet = Ratchet::kRatchets;
};

/// Both tables, in reading order; a rule about both kinds is in each.
std::vector<RuleInfo> inference_service_rules();
std::vector<RuleInfo> serving_runtime_rules();

/// How the rule of that name ratchets; kRatchets for a name that is none of ours.
Ratchet ratchet_of(std::string_view rule_name);

}  // namespace modelgate::validation
