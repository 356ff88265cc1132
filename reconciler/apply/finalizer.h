// SPDX-License-Identifier: Apache-2.0
//
// KServe's finalizer on InferenceServices: set before anything is made, so that a service does not go before
// the TrainedModels that it serves are told to; what we make goes by its owner references. Other finalizers
// are left alone.
//
//   auto set = co_await add_finalizer(client, cache, record, document, until);
//   if (!set) report(set.error());
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kube/client/client.h"
#include "reconciler/cache/cache.h"

namespace modelgate::reconciler {

/// KServe's.
inline constexpr std::string_view kFinalizer = "inferenceservice.finalizers";

std::vector<std::string> finalizers_of(const spec::Value& service);
bool has_finalizer(const spec::Value& service);

/// Gives the version of the service with it; a conflict is the caller's.
kube::Task<kube::ApiResult<std::string>> add_finalizer(kube::Client& client, Cache& cache,
                                                       ServiceRecord record, const spec::Value& service,
                                                       kube::SteadyTime until);

/// Of a service that is being deleted: deletes its TrainedModels, then takes the finalizer away. Nothing is
/// done where it is not there.
kube::Task<kube::ApiResult<void>> finish(kube::Client& client, Cache& cache, ServiceRecord record,
                                         const spec::Value& service, kube::SteadyTime until);

}  // namespace modelgate::reconciler
