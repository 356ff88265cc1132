// SPDX-License-Identifier: Apache-2.0
//
// The annotation serving.kserve.io/deploymentMode: legacy spellings are replaced, and a missing annotation is
// added, so that a change of the configured default does not change the mode of existing services.
#pragma once

#include "defaulting/pass.h"

namespace modelgate::defaulting {

void default_deployment_mode(Pass& pass);

}  // namespace modelgate::defaulting
