// SPDX-License-Identifier: Apache-2.0
//
// What an InferenceService itself says of how it is to be treated: whether it is to be left alone, and what
// its status was. And the status of one that nothing is made for. Pure; for
// assessment.cc, finalizer.cc, service_events.cc.
//
//   if (mode != spec::kStandardMode)
//     write(refused_status(service, not_served(service, mode), now, arena));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/json.h"
#include "spec/view.h"

namespace modelgate::reconciler {

/// KServe's; whoever runs a service takes it away once what it made elsewhere is gone.
inline constexpr std::string_view kFinalizer = "inferenceservice.finalizers";

/// A service that is Ready and annotated `serving.kserve.io/disable-auto-update: "true"`: nothing of it
/// changes.
bool is_left_alone(const spec::Value& service);

std::vector<std::string> finalizers_of(const spec::Value& service);
bool has_finalizer(const spec::Value& service);

/// Why nothing is made for a service, for its condition Ready.
struct Refusal {
  std::string_view status = "False";  // or "Unknown"
  std::string reason = {};            // in CamelCase
  std::string message = {};
  std::string_view phase = {};  // empty: none
};

/// A mode other than Standard: False, or Unknown where it was Ready, since what serves it is left as it is.
Refusal not_served(const spec::Value& service, std::string_view mode);

/// The service's status with Ready as the refusal says, and observedGeneration; everything else stays.
spec::Value refused_status(const spec::Value& service, const Refusal& refusal, std::string_view now,
                           spec::Arena& arena);

}  // namespace modelgate::reconciler
