// SPDX-License-Identifier: Apache-2.0
//
// The status of an InferenceService that Modelgate does not serve. Pure; for assessment.cc and reconcile.cc.
//
//   if (mode != spec::kStandardMode)
//     write(refused_status(service, not_served(service, mode), now, arena));
#pragma once

#include <string>
#include <string_view>

#include "spec/json.h"

namespace modelgate::reconciler {

/// Why no objects are created for a service, for its condition Ready.
struct Refusal {
  std::string_view status = "False";  // or "Unknown"
  std::string reason = {};            // in CamelCase
  std::string message = {};
  std::string_view phase = {};  // empty: none
};

/// A mode other than Standard: False, or Unknown if it was Ready, since its objects are left unchanged.
Refusal not_served(const spec::Value& service, std::string_view mode);

/// The service's status with Ready and the phase as in the refusal, and observedGeneration; everything else is unchanged.
spec::Value refused_status(const spec::Value& service, const Refusal& refusal, std::string_view now,
                           spec::Arena& arena);

}  // namespace modelgate::reconciler
