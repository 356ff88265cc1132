// SPDX-License-Identifier: Apache-2.0
//
// KServe's finalizer on InferenceServices: set before anything is created, so that the TrainedModels of a service
// are deleted before it. Our own objects are deleted by the garbage collector, by their owner references. Other
// finalizers are left unchanged.
//
//   auto version = co_await add_finalizer(client, cache, record, document, until);
//   if (!version) report(version.error());
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

/// Returns the service's new resourceVersion. The caller handles conflicts.
kube::Task<kube::ApiResult<std::string>> add_finalizer(kube::Client& client, Cache& cache,
                                                       ServiceRecord record, const spec::Value& service,
                                                       kube::SteadyTime until);

/// For a service that is being deleted: deletes its TrainedModels, then removes the finalizer. Does nothing
/// without the finalizer.
kube::Task<kube::ApiResult<void>> finish_deletion(kube::Client& client, Cache& cache, ServiceRecord record,
                                                  const spec::Value& service, kube::SteadyTime until);

}  // namespace modelgate::reconciler
