// SPDX-License-Identifier: Apache-2.0
//
// What a review needs to know of the cluster beyond the catalog, and what was found: see spec/facts.h. The
// caller of a review looks the `Needs` up and reviews once more with the `Facts`: see spec/lookup_rounds.h.
#pragma once

#include "spec/facts.h"

namespace modelgate::admission {

using spec::Fact;
using spec::Facts;
using spec::Needs;
using spec::ObjectKey;

}  // namespace modelgate::admission
