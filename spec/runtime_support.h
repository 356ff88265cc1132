// SPDX-License-Identifier: Apache-2.0
//
// Whether a runtime can serve a model, and if not, why not. Selection (defaulting/) asks it of every
// candidate, validation of the runtime that a service names, `modelgate explain` prints the reasons.
//
//   const ModelRequirement wanted = requirement_of(isvc.spec().predictor());
//   if (auto why_not = mismatch(runtime, wanted, Choice::kNamed)) errors.add(invalid(path, name,
//   why_not->text()));
//
// The answers are KServe v0.20's. Format names and versions match exactly, case included: a runtime that
// lists version "2" serves a model of version "2" and one without a version, not one of "2.1".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spec/catalog.h"
#include "spec/inference_service.h"

namespace modelgate::spec {

/// What a service without a protocol of its own asks of a runtime that is chosen for it.
inline constexpr std::string_view kDefaultProtocol = "v1";

/// What a predictor asks of its runtime. The texts belong to the predictor's document.
struct ModelRequirement {
  std::string_view format = {};
  std::optional<std::string_view> version = {};
  /// As the model says it; absent where it says none.
  std::optional<std::string_view> protocol = {};
  bool multi_model = false;
  bool multi_node = false;
};

/// Reads `model` and whether there is a workerSpec. `multi_model` stays false: what InferenceServices get.
ModelRequirement requirement_of(const PredictorView& predictor);

/// A runtime that the service names is held to less than one that is chosen for it: `autoSelect` does not
/// matter, a protocol only where the model says one, multi-model not at all, and multi-node only where the
/// service has workers.
enum class Choice : std::uint8_t { kNamed, kAutomatic };

struct Mismatch {
  enum class Reason : std::uint8_t {
    kDisabled,
    kFormat,         // serves other formats only
    kVersion,        // serves the format, in other versions
    kNotAutoSelect,  // serves the model, but only where a service names it
    kProtocol,
    kMultiModel,  // one is for many models and the other is not
    kMultiNode,   // one has workers and the other has none
  };
  Reason reason;
  const Runtime* runtime;  // belongs to the catalog
  ModelRequirement wanted;

  /// Why, for a person: `serves version "1" of "sklearn", not "0.23"`. Without the runtime's name.
  std::string text() const;
};

/// Nothing where the runtime can serve the model, else the first reason against it in the order of the enum.
/// Does not allocate.
std::optional<Mismatch> mismatch(const Runtime& runtime, const ModelRequirement& wanted, Choice choice);

}  // namespace modelgate::spec
