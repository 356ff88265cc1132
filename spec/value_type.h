// SPDX-License-Identifier: Apache-2.0
//
// The JSON type of a value, for messages: "must be a list, not a string".
#pragma once

#include <string_view>

#include "spec/rapidjson.h"

namespace modelgate::spec {

/// "a string", "a number", "a boolean", "a list", "an object" or "null".
std::string_view type_name(const Value& value);

}  // namespace modelgate::spec
