// SPDX-License-Identifier: Apache-2.0
//
// The runtime of each model: the one that the user names, else the one selected earlier while it still serves
// the model, else a new selection. With `runtimeSelection: Pin` it is written into the object; with Defer it
// is only known to the later steps, which depend on its container.
//
// A canary inherits the stable predictor's runtime. It gets one of its own only if that one does not serve
// its model.
#pragma once

#include "defaulting/pass.h"

namespace modelgate::defaulting {

void select_runtimes(Pass& pass);

}  // namespace modelgate::defaulting
