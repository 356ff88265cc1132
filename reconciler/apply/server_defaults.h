// SPDX-License-Identifier: Apache-2.0
//
// The defaults that the API server writes into an object of ours, written by us.
//
//   for (workload::WantedObject& wanted : objects) own_server_defaults(wanted.object, arena);
//
// With server-side apply the API server removes what a manager applied before and no longer applies, with everything
// inside; a default that it has filled in elsewhere stays. If such a value follows from a field that is removed or
// changed, it stays although it is no longer the default, and may be invalid: the second name of an account, the
// `rollingUpdate` of a strategy, the pull policy that depends on an image's tag. What we apply ourselves is removed
// with the rest.
//
// The values are those of the API server, so that nothing changes. Other defaults are left to it. Pure.
#pragma once

#include "spec/json.h"

namespace modelgate::reconciler {

/// Only a Deployment has such defaults. A value that is set stays.
void own_server_defaults(spec::Value& object, spec::Arena& arena);

}  // namespace modelgate::reconciler
