// SPDX-License-Identifier: Apache-2.0
//
// Which components of a service are ready, and which versions of its predictor are deployed: what routes and
// weights follow. Called by the reconciler before build_wanted().
#pragma once

#include "spec/configuration.h"
#include "workload/children/service_context.h"
#include "workload/status/observed.h"

namespace modelgate::workload {

ReadyComponents ready_components(const spec::Value& service, const spec::Configuration& configuration,
                                 const Observed& observed, NameStyle style = NameStyle::kPlain);

}  // namespace modelgate::workload
