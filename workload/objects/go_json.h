// SPDX-License-Identifier: Apache-2.0
//
// JSON as text inside an object, such as the value of an environment variable. The text equals that of Go's
// encoding/json, so that Pods do not differ from KServe's: members in the order of the Go type, empty ones
// omitted, < > & and the separators U+2028 and U+2029 escaped. Called by agent.cc, storage_config.cc and
// children/predictor.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/json.h"

namespace modelgate::workload {

/// A map from strings to strings, sorted by key.
std::string go_json(const std::vector<std::pair<std::string, std::string>>& map);

/// A corev1.Probe.
std::string go_json_of_probe(const spec::Value& probe);

}  // namespace modelgate::workload
