// SPDX-License-Identifier: Apache-2.0
//
// Prints what would be written for every service, and writes nothing. For --dry-run; used by controller.cc.
//
//   default/iris: apply Deployment iris-predictor (differs)
//   default/iris: status: {"phase":"Ready"}
//   default/broken: problem: predictor: NoSupportingRuntime: spec.predictor.model.modelFormat: no runtime ...
//
// A service without changes has no line.
#pragma once

#include <memory>

#include "kube/client/client.h"
#include "reconciler/assessment/assessment.h"
#include "reconciler/cache/cache.h"
#include "spec/catalog.h"

namespace modelgate::reconciler {

struct DryRunCounts {
  int services = 0, with_steps = 0, steps = 0;
  int failed = 0;  // with an internal error
};

/// The cache must be in sync. Facts are read from the API server.
kube::Task<DryRunCounts> dry_run(kube::Client& client, const Cache& cache,
                                 std::shared_ptr<const spec::Catalog> catalog,
                                 const Surroundings& surroundings);

/// The lines for one service, after build().
std::string describe(Assessment& assessment, std::string_view now);

}  // namespace modelgate::reconciler
