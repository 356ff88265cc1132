// SPDX-License-Identifier: Apache-2.0
//
// Labels and annotations that tie a service to a LocalModelCache, which has its model on the nodes. They are
// set anew in each pass from the existing caches, as in KServe, so that they are not recorded.
#pragma once

#include "defaulting/pass.h"

namespace modelgate::defaulting {

void label_local_model(Pass& pass);

}  // namespace modelgate::defaulting
