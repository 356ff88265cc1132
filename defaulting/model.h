// SPDX-License-Identifier: Apache-2.0
//
// Defaults of any `model`, whichever runtime serves it: its protocol version, and the annotation with its
// format.
#pragma once

#include "defaulting/pass.h"

namespace modelgate::defaulting {

void default_protocol_version(Pass& pass);
void annotate_model_format(Pass& pass);

}  // namespace modelgate::defaulting
