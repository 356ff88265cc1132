// SPDX-License-Identifier: Apache-2.0
//
// CPU and memory that are not set. For a model (setting `resourceDefaults`): what neither the service nor its
// runtime's container sets is taken from the configuration. A limit is never below its request: if the user
// sets one of the two, the other follows it. For a custom container, in any case: what it does not set, as
// KServe does it; in Strict with the same care about limits.
//
// What an earlier pass wrote stays, even if the configuration has changed, unless the user has changed the
// other one of the pair since.
#pragma once

#include "defaulting/pass.h"

namespace modelgate::defaulting {

void default_model_resources(Pass& pass);
/// As KServe defaults a custom container: missing CPU and memory, from the configuration alone.
void default_container_resources(Pass& pass, const spec::FieldPath& container);

}  // namespace modelgate::defaulting
