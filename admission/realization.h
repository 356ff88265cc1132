// SPDX-License-Identifier: Apache-2.0
//
// What the reconciler would make of a service, made before the service is stored: what cannot be realized is
// told at `kubectl apply`, and not an hour later in a status. Called by admission.cc behind the rules.
//
//   Realization made = realize({.service = object, .namespace_ = ns, .catalog = catalog, .facts = facts},
//                              findings, arena);
//   if (!made.needs.empty()) ask for them, and realize again
//
// The objects are those of workload/children/wanted.h; only its problems and what the objects refer to are
// kept. What can never work is an error, of the rule kRealizableRule and of Strict alone; what may work once
// somebody makes something (a runtime, a Secret, a claim) or changes the configuration is a warning. What a
// rule has said about the same thing is not said again.
//
// Standard mode only; nothing is found in any other.
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

/// The rule's name in errors and audit annotations. It ratchets, by its text: see ratchet.h.
inline constexpr std::string_view kRealizableRule = "realizable";

/// Lookups of what one service refers to. Five components' Pods with a claim, an account and a few Secrets
/// each stay below it; what is behind it is taken to be there.
inline constexpr std::size_t kMaxReferences = 16;

struct Realizing {
  const spec::Value& service;   // defaulted, its structure checked
  std::string_view namespace_;  // from the request: the object may not name it
  const spec::Catalog& catalog;
  const Facts& facts;
  /// On UPDATE, the service as the API server has it.
  const spec::Value* stored = nullptr;
};

struct Realization {
  spec::FieldErrors errors;
  std::vector<spec::FieldWarning> warnings;
  /// To be looked up; until then what rests on them is left out.
  std::vector<ObjectKey> needs;
};

/// `findings` are those of the rules. Error paths refer to the service's document and the arena.
Realization realize(const Realizing& in, const validation::Findings& findings, spec::Arena& arena);

}  // namespace modelgate::admission
