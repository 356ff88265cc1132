// SPDX-License-Identifier: Apache-2.0
//
// The autoscaler of a component: a HorizontalPodAutoscaler, or KEDA's ScaledObject (scaled_object.h). Called by
// build_wanted.cc and deployment.cc.
#pragma once

#include <string_view>

#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

inline constexpr std::string_view kAutoscalerHpa = "hpa";
inline constexpr std::string_view kAutoscalerKeda = "keda";
inline constexpr std::string_view kAutoscalerNone = "none";
inline constexpr std::string_view kAutoscalerExternal = "external";

/// Adds the component's autoscaler, if it has one.
void add_autoscaler(ServiceBuild& build, const Component& component);

/// The class in the annotation `serving.kserve.io/autoscalerClass`, else "hpa". In Strict, "none" for a component
/// of class "keda" that has no trigger, such as a canary.
std::string_view autoscaler_class(ServiceBuild& build, const Component& component);

}  // namespace modelgate::workload
