// SPDX-License-Identifier: Apache-2.0
//
// Defaults of `spec.tracing`, which KServe v0.21 writes at admission.
#pragma once

#include "defaulting/pass.h"

namespace modelgate::defaulting {

/// Each field that is missing in an existing `spec.tracing`.
void default_tracing(Pass& pass);

}  // namespace modelgate::defaulting
