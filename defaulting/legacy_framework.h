// SPDX-License-Identifier: Apache-2.0
//
// Framework fields become `model`: `sklearn: {storageUri: X}` becomes `model: {modelFormat: {name: sklearn},
// storageUri: X}`. If there is a `model` already, the result depends on who wrote it:
//
//   we moved it there, and it is unchanged          the field replaces it; so do `containers`
//   the user; the field is empty, of its format     the field is removed, with a warning
//   the user; Compatible                            the field replaces it; a warning lists the lost fields
//   the user; Strict                                both stay, and validation denies
//
// The same applies to canaries, which KServe does not change: in Strict, and in the legacy spelling.
#pragma once

#include "defaulting/pass.h"

namespace modelgate::defaulting {

void move_framework_fields(Pass& pass);

}  // namespace modelgate::defaulting
