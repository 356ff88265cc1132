// SPDX-License-Identifier: Apache-2.0
//
// The OpenTelemetry collector that runs beside a model server and sends its metrics to KEDA's scaler. Called by
// build_wanted.cc.
#pragma once

#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Adds an OpenTelemetryCollector where the component scales by metrics from OpenTelemetry.
void add_collector(ServiceBuild& build, const Component& component);

}  // namespace modelgate::workload
