// SPDX-License-Identifier: Apache-2.0
//
// JSON that becomes a text inside an object: the value of an environment variable. A Pod would differ from
// what KServe makes by a blank or by an order, so the text is that of Go's encoding/json: members in the
// order of the Go type, what is empty left out, < > & and the separators U+2028 and U+2029 escaped.
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
