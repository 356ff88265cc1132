// SPDX-License-Identifier: Apache-2.0
//
// Objects that a review needs besides the catalog: see spec/facts.h. The caller reads the `Needs` and reviews
// again with the `Facts`: see spec/lookup_rounds.h.
#pragma once

#include "spec/facts.h"

namespace modelgate::admission {

using spec::Fact;
using spec::Facts;
using spec::Needs;
using spec::ObjectKey;

}  // namespace modelgate::admission
