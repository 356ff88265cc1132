// SPDX-License-Identifier: Apache-2.0
#include "workload/status/status_input.h"

#include <algorithm>

#include "workload/status/conditions.h"

namespace modelgate::workload {

StatusInput::StatusInput(const spec::Value& service_in, const Wanted& wanted_in,
                         const ServiceContext& context, const Observed& observed_in, spec::Arena& arena)
    : build(service_in, context, arena),
      service(service_in),
      old_status(service.object("status")),
      wanted(wanted_in),
      observed(observed_in) {}

bool StatusInput::is_stopped() const {
  return wanted.stopped && (strict() || !wanted.fatal(kPredictor));
}

bool StatusInput::stops_at_problem() const {
  if (strict()) return false;
  return std::ranges::any_of(wanted.problems, [](const Problem& p) { return p.is_fatal() && !p.refused; });
}

const Problem* StatusInput::predictor_problem() const {
  const Problem* own = wanted.fatal(kPredictor);
  if (own || strict()) return own;
  const Problem* of_canary = wanted.fatal(kCanary);
  return of_canary && !of_canary->refused ? of_canary : nullptr;
}

bool StatusInput::blocks_generation(const Problem& problem) const {
  if (problem.refused && !problem.transient) return true;
  // KServe leaves the conditions as they were.
  if (!problem.refused && !strict()) return false;
  const std::int64_t generation = service.metadata().integer("generation").value_or(0);
  const bool is_new = old_status.integer("observedGeneration").value_or(0) < generation;
  return is_new || condition_of(old_status, kPreviousVersion);
}

}  // namespace modelgate::workload
