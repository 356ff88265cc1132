// SPDX-License-Identifier: Apache-2.0
//
// The program from its flags to its exit. Called by main.cc.
//
//   return run(std::move(flags));
#pragma once

#include "kube/client/fault_injector.h"
#include "reconciler/flags.h"

namespace modelgate::reconciler {

/// Runs until a signal, or the end of a dry run; returns the exit code. `faults` is for tests.
int run(Flags flags, kube::FaultInjector* faults = nullptr);

}  // namespace modelgate::reconciler
