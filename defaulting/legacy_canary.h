// SPDX-License-Identifier: Apache-2.0
//
// The legacy spellings of a canary:
//
//   spec: {canaryTrafficPercent: 90, predictor: {...}, canary: {predictor: {...}}}
//
// becomes
//
//   spec: {predictor: {canaryTrafficPercent: 90, ...},
//          canary: [{predictor: {name: canary, ...}, trafficPercent: 10}]}
//
// canaryTrafficPercent is the share of spec.predictor and stays; a change of one percentage adjusts the
// other. That at the top of the spec is moved and never stored: where it is given, it is the newest, and wins
// over both. In Knative mode, where canaryTrafficPercent means something else, the object stays as it is:
// validation reports it.
#pragma once

#include "defaulting/pass.h"

namespace modelgate::defaulting {

void move_canary_traffic_percent(Pass& pass);
void convert_canary_object(Pass& pass);
/// Adjusts the percentage that the user did not change.
void sync_canary_shares(Pass& pass);

}  // namespace modelgate::defaulting
