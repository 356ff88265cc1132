// SPDX-License-Identifier: Apache-2.0
//
// Tracing in the containers of a component, if the service has `spec.tracing`: the variables of OpenTelemetry,
// and what starts tracing in servers that do not read them. Called by the components' builders.
//
// A variable or an argument that the user or the runtime sets is not changed, except for a variable from
// `envFrom`, which is not known here. Names, values and their order are those of KServe's controller after
// v0.21, so that a move between the two restarts no Pod.
#pragma once

#include <string_view>

#include "spec/json.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// A container of a component. `variant` is the name of a version of the predictor; `server_type` is that of
/// the runtime, and both may be empty.
struct TracedContainer {
  std::string_view component;
  std::string_view variant = {};
  std::string_view server_type = {};
};

/// Does nothing if the service is not traced or `container` is nullptr.
void add_tracing(const ServiceBuild& build, const TracedContainer& traced, spec::Value* container);

}  // namespace modelgate::workload
