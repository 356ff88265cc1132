// SPDX-License-Identifier: Apache-2.0
//
// The port on which a server of KServe's SDK listens: the last `--http_port` in its arguments. KServe appends a
// service's arguments to its runtime's, and takes the port of the Service and of the probe from the container,
// where it is the runtime's. Called by predictor.cc and transformer.cc.
#pragma once

#include <string_view>

#include "spec/field.h"
#include "spec/json.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// In Strict mode lets the container's port and probes follow the argument. Reports if they differed; `at` is
/// where the service has the arguments.
void follow_http_port(ServiceBuild& build, std::string_view component, const spec::FieldPath& at,
                      spec::Value& container);

}  // namespace modelgate::workload
