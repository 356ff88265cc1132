// SPDX-License-Identifier: Apache-2.0
//
// Services: one for each component, and two headless ones for a multi-node predictor. Called by
// build_wanted.cc.
#pragma once

#include <cstdint>
#include <string_view>

#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Adds the component's Services. Call before the component's PodSpec is moved into its Deployment.
void add_services(ServiceBuild& build, const Component& component);

/// A port of a Service; zero if there is none.
struct ServicePort {
  std::int64_t port = 0;
  std::int64_t target = 0;  // of the container
};

/// The first port for REST and the first for gRPC.
struct ServicePorts {
  ServicePort rest;
  ServicePort grpc;
};

/// Of the Service with that name in `wanted`.
ServicePorts service_ports(const Wanted& wanted, std::string_view name);

}  // namespace modelgate::workload
