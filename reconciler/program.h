// SPDX-License-Identifier: Apache-2.0
//
// The program from its flags to its end. Called by main.cc.
//
//   return run(std::move(flags));
#pragma once

#include "kube/client/fault_injector.h"
#include "reconciler/flags.h"

namespace modelgate::reconciler {

/// Until a signal, or the end of a dry run; gives the exit code. `faults` is for tests.
int run(Flags flags, kube::FaultInjector* faults = nullptr);

}  // namespace modelgate::reconciler
