// SPDX-License-Identifier: Apache-2.0
//
// The Knative Service of a component: its revision template, and how traffic is shared between the latest revision and
// the last one that was rolled out. Called by build_wanted.cc for services in Knative mode.
//
//   add_knative_service(build, component);   // adds serving.knative.dev/v1 Service m-predictor
//
// canaryTrafficPercent is the share of the latest revision; the rest goes to status.components.COMPONENT.
// latestRolledoutRevision, with the tag "prev". Without that field, or before a revision was rolled out, the latest
// revision has all traffic. Fields that Knative fills in are not set, so that its defaults apply.
#pragma once

#include <string_view>

#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

inline constexpr std::string_view kKnativeApiVersion = "serving.knative.dev/v1";

/// Removes a value of the annotation initial-scale that Knative does not accept, and reports it. Knative's
/// configuration may forbid 0: that is looked up (`wanted.needs`). Call before the components are built.
void check_initial_scale(ServiceBuild& build);

/// Uses up the component's PodSpec.
void add_knative_service(ServiceBuild& build, Component& component);

}  // namespace modelgate::workload
