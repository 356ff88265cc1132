// SPDX-License-Identifier: Apache-2.0
//
// A deep copy of a JSON value, for whoever copies parts of a service or a runtime many times a build:
// RapidJSON 1.1's own goes through its parser's handler, with a stack of its own for each copy.
#pragma once

#include "spec/json.h"

namespace modelgate::workload {

/// Nothing of it refers to `value`, but for texts that `value` itself only refers to (literals).
spec::Value copy(const spec::Value& value, spec::Arena& arena);

}  // namespace modelgate::workload
