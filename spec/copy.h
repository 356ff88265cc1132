// SPDX-License-Identifier: Apache-2.0
//
// A deep copy of a JSON value, for whoever copies parts of documents many times a request:
// RapidJSON 1.1's own goes through its parser's handler, with a stack of its own for each copy.
#pragma once

#include "spec/json.h"

namespace modelgate::spec {

/// Nothing of it refers to `value`, but for texts that `value` itself only refers to (literals).
Value copy(const Value& value, Arena& arena);

}  // namespace modelgate::spec
