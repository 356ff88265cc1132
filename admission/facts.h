// SPDX-License-Identifier: Apache-2.0
//
// What admission may ask of the cluster beyond the catalog, and what it was told: see spec/facts.h. Who runs
// a review looks the `Needs` up and reviews once more with the `Facts`, at most kMaxRounds times.
#pragma once

#include "spec/facts.h"

namespace modelgate::admission {

/// Rounds of asking for one request. Two suffice for everything that refers to something that refers on (a
/// ServiceAccount to its Secrets); the third is for what a later rule finds.
inline constexpr int kMaxRounds = 3;

using spec::Fact;
using spec::Facts;
using spec::Needs;
using spec::ObjectKey;

}  // namespace modelgate::admission
