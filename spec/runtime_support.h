// SPDX-License-Identifier: Apache-2.0
//
// Whether a runtime can serve a model, and the reason if it cannot. Used by runtime selection (defaulting/)
// for every candidate, by validation for the runtime that a service names, and by `modelgate explain`, which
// prints the reasons.
//
//   const ModelRequirement wanted = requirement_of(isvc.spec().predictor());
//   if (auto problem = mismatch(runtime, wanted, Choice::kNamed)) report(path, name, problem->text());
//
// The rules are those of KServe v0.20. Format names and versions match exactly, case included: a runtime that
// lists version "2" serves a model of version "2" and one without a version, not one of "2.1".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spec/catalog.h"
#include "spec/inference_service.h"

namespace modelgate::spec {

/// The protocol that automatic selection requires for a model without a protocol.
inline constexpr std::string_view kDefaultProtocol = "v1";

/// What a predictor requires of its runtime. The texts belong to the document of the predictor.
struct ModelRequirement {
  std::string_view format = {};
  std::optional<std::string_view> version = {};
  /// As the model specifies it.
  std::optional<std::string_view> protocol = {};
  bool multi_model = false;
  bool multi_node = false;
};

/// Reads `model` and workerSpec. `multi_model` is false for InferenceServices.
ModelRequirement requirement_of(const PredictorView& predictor);

/// A runtime that the service names must meet fewer requirements than one that is selected automatically:
/// `autoSelect` and multi-model do not matter, a protocol only if the model specifies one, and multi-node
/// only if the service has workers.
enum class Choice : std::uint8_t { kNamed, kAutomatic };

struct Mismatch {
  enum class Reason : std::uint8_t {
    kDisabled,
    kFormat,         // serves only other formats
    kVersion,        // serves the format in other versions
    kNotAutoSelect,  // serves the model, but only if a service names the runtime
    kProtocol,
    kMultiModel,  // only one of the two is for many models
    kMultiNode,   // only one of the two has workers
  };
  Reason reason;
  const Runtime* runtime;  // belongs to the catalog
  ModelRequirement wanted;

  /// For messages: `serves version "1" of "sklearn", not "0.23"`. Without the name of the runtime.
  std::string text() const;
};

/// Nothing if the runtime can serve the model, else the first reason in the order of the enum.
/// Does not allocate.
std::optional<Mismatch> mismatch(const Runtime& runtime, const ModelRequirement& wanted, Choice choice);

}  // namespace modelgate::spec
