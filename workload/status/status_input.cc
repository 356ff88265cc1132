// SPDX-License-Identifier: Apache-2.0
#include "workload/status/status_input.h"

#include <algorithm>

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
  return !strict() && std::ranges::any_of(wanted.problems, &Problem::is_fatal);
}

const Problem* StatusInput::predictor_problem() const {
  const Problem* own = wanted.fatal(kPredictor);
  return own || strict() ? own : wanted.fatal(kCanary);
}

}  // namespace modelgate::workload
