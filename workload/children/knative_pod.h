// SPDX-License-Identifier: Apache-2.0
//
// The fields of a Pod that Knative's Service has. Server-side apply refuses any other. Called by knative_service.cc.
#pragma once

#include <string>
#include <vector>

#include "spec/json.h"

namespace modelgate::workload {

/// Removes the fields of a PodSpec that a revision cannot have, and returns their paths in it ("hostname",
/// "containers[0].lifecycle"), at most one for each name of a field.
std::vector<std::string> drop_fields_unknown_to_knative(spec::Value& pod_spec);

}  // namespace modelgate::workload
