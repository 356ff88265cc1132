// SPDX-License-Identifier: Apache-2.0
//
// The program from its flags to its exit. Called by main.cc.
//
//   return run(std::move(flags));
#pragma once

#include "webhook/flags.h"

namespace modelgate::webhook {

/// Serves until a signal; returns the exit code.
int run(Flags flags);

}  // namespace modelgate::webhook
