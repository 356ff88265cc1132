// SPDX-License-Identifier: Apache-2.0
//
// Validation: all rules about InferenceServices, ServingRuntimes and ClusterServingRuntimes, one function for
// each kind. Admission calls it after defaulting on each CREATE and UPDATE; `modelgate review` calls
// admission.
//
//   Findings found = validate_inference_service({.isvc = isvc, .old = &old_isvc, .catalog = catalog});
//   for (const spec::FieldError& e : found.errors) ...   // e.rule, e.path, e.strict_only
//
// All errors are found at once. Admission decides their effect: an error with `strict_only` denies in Strict
// mode and is a warning in Compatible mode; an error of a rule that ratchets is a warning if the old object
// has it too.
//
// The rules of origin kKServe deny exactly what KServe v0.20's validators deny. Where those crash, they
// report a field error. README.md lists the quirks.
//
// Pure: no I/O, no clock, no state. The objects may hold anything: admission checks their structure first
// (spec/schema.h), and a field of a wrong type is read as absent. Linear in the object, except for a few
// loops over pairs, which the limits of FieldErrors and of request bodies keep short.
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

/// An InferenceService to validate, after defaulting.
struct Subject {
  spec::InferenceServiceView isvc;
  /// The stored object on UPDATE; nullptr on CREATE.
  const spec::InferenceServiceView* old = nullptr;
  const spec::Catalog& catalog;
  /// The service's namespace; empty: metadata.namespace.
  std::string_view namespace_ = {};
  /// Sees each error; see spec::ErrorFilter.
  spec::ErrorFilter* filter = nullptr;
};

/// A ServingRuntime or ClusterServingRuntime to validate. The catalog has the other runtimes, and on UPDATE
/// the stored object.
struct RuntimeSubject {
  spec::ServingRuntimeView runtime;
  const spec::ServingRuntimeView* old = nullptr;
  const spec::Catalog& catalog;
  std::string_view namespace_ = {};
  spec::ErrorFilter* filter = nullptr;
};

/// A runtime that the service names and the catalog does not have. It may have been created a moment ago: the
/// caller looks it up, and issues the warning if it does not exist.
struct MissingRuntime {
  std::string_view namespace_;  // of a ServingRuntime; else it is a ClusterServingRuntime
  std::string_view name;        // belongs to the service's document
  spec::FieldWarning warning;
};

struct Findings {
  spec::FieldErrors errors;
  /// Most important first.
  std::vector<spec::FieldWarning> warnings;
  std::vector<MissingRuntime> missing_runtimes;
};

/// Finds nothing on UPDATE of a service that is being deleted: its finalizers must be removable in any case.
Findings validate_inference_service(const Subject& subject);
Findings validate_serving_runtime(const RuntimeSubject& subject);

enum class Origin : std::uint8_t {
  kKServe,  // KServe v0.20 denies for it too
  kStrict,  // only ours
};

enum class Ratchet : std::uint8_t {
  kRatchets,    // an error that the old object has too does not deny
  kTransition,  // about a change of the object
};

/// A rule without its function.
struct RuleInfo {
  std::string_view name;
  Origin origin = Origin::kStrict;
  Ratchet ratchet = Ratchet::kRatchets;
};

/// The tables, in their order; a rule about both kinds is in each.
std::vector<RuleInfo> inference_service_rules();
std::vector<RuleInfo> serving_runtime_rules();

/// kRatchets for an unknown name.
Ratchet ratchet_of(std::string_view rule_name);

}  // namespace modelgate::validation
