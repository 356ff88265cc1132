// SPDX-License-Identifier: Apache-2.0
//
// The objects of a service as the API server has them: input of the status. Filled by the reconciler from its
// cache.
#pragma once

#include <vector>

#include "spec/json.h"

namespace modelgate::workload {

/// The service's own objects as the API server has them, or what observable.h leaves of them, in any order.
/// They must be as new as our own last writes to them: by what a Deployment says of its rollout, requests are
/// moved. Nothing is owned.
struct Observed {
  std::vector<const spec::Value*> deployments;
  std::vector<const spec::Value*> pods;
  std::vector<const spec::Value*> http_routes;
  std::vector<const spec::Value*> virtual_services = {};
};

}  // namespace modelgate::workload
