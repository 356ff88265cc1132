// SPDX-License-Identifier: Apache-2.0
//
// What the status of one service is computed from. Used by status.cc and the files that it calls.
#pragma once

#include "spec/inference_service.h"
#include "workload/children/service_build.h"
#include "workload/status/observed.h"

namespace modelgate::workload {

class StatusInput {
 public:
  /// Refers to the arguments, which must outlive it.
  StatusInput(const spec::Value& service_in, const Wanted& wanted_in, const ServiceContext& context,
              const Observed& observed_in, spec::Arena& arena);

  /// For names and hosts. Nothing is built.
  const ServiceBuild build;
  const spec::InferenceServiceView service;
  const spec::ObjectView old_status;
  const Wanted& wanted;
  const Observed& observed;

  bool strict() const { return build.strict(); }
  /// Stopped by annotation. KServe does not stop a service whose predictor is invalid.
  bool is_stopped() const;
  /// Compatible stops at the first object that cannot be built, as KServe does: later parts of the status are
  /// unknown.
  bool stops_at_problem() const;
  /// Why the predictor could not be built or written, or nullptr. KServe builds canaries first, and does not build
  /// the stable predictor if one of them fails.
  const Problem* predictor_problem() const;
  /// Whether the problem keeps the current generation of the service from being served. Otherwise, what serves is
  /// of the current generation: it was applied before the problem occurred.
  bool blocks_generation(const Problem& problem) const;
};

}  // namespace modelgate::workload
