// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/finalizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "spec/view.h"
#include "workload/objects/object_builder.h"

namespace modelgate::reconciler {
namespace {

using kube::ApiResult;
using kube::Task;

constexpr kube::Resource kTrainedModels{"serving.kserve.io", "v1alpha1", "trainedmodels", "TrainedModel"};

std::string body_of(const ServiceRecord& record, const std::vector<std::string>& finalizers) {
  spec::Arena arena;
  spec::Value list(rapidjson::kArrayType);
  for (const std::string& f : finalizers) list.PushBack(spec::make_string(f, arena), arena);
  using workload::ObjectBuilder;
  return spec::to_json(ObjectBuilder(arena)
                           .value("metadata", ObjectBuilder(arena)
                                                  .text("resourceVersion", record.resource_version)
                                                  .value("finalizers", std::move(list))
                                                  .take())
                           .take());
}

/// If the kind is not installed there are none.
Task<ApiResult<void>> delete_trained_models(kube::Client& client, ServiceRecord record,
                                            kube::SteadyTime until) {
  const kube::ListOptions of_service{.label_selector = fmt::format("inferenceservice={}", record.key.name)};
  const kube::CallOptions call{.deadline = until};
  const auto models = co_await client.list(kTrainedModels, record.key.ns, of_service, call);
  if (!models && models.error().is_not_found()) co_return ApiResult<void>{};
  if (!models) co_return std::unexpected(models.error());
  for (const kube::Object& model : models->items) {
    const kube::DeleteOptions exactly{.uid = std::string(model.uid()), .propagation = "Background"};
    const auto removed =
        co_await client.remove(kTrainedModels, record.key.ns, std::string(model.name()), exactly, call);
    if (!removed && !removed.error().is_not_found()) co_return std::unexpected(removed.error());
  }
  co_return ApiResult<void>{};
}

}  // namespace

std::vector<std::string> finalizers_of(const spec::Value& service) {
  std::vector<std::string> out;
  const spec::Value* list = spec::ObjectView(service).object("metadata").field("finalizers");
  if (!list || !list->IsArray()) return out;
  for (const spec::Value& v : list->GetArray()) {
    if (v.IsString()) out.emplace_back(spec::text_of(v));
  }
  return out;
}

bool has_finalizer(const spec::Value& service) {
  const std::vector<std::string> all = finalizers_of(service);
  return std::ranges::find(all, kFinalizer) != all.end();
}

Task<ApiResult<std::string>> add_finalizer(kube::Client& client, Cache& cache, ServiceRecord record,
                                           const spec::Value& service, kube::SteadyTime until) {
  std::vector<std::string> finalizers = finalizers_of(service);
  finalizers.emplace_back(kFinalizer);
  const std::string body = body_of(record, finalizers);
  const kube::CallOptions call{.deadline = until};
  const auto written =
      co_await client.merge_patch(kube::kInferenceServices, record.key.ns, record.key.name, body, call);
  if (!written) co_return std::unexpected(written.error());
  cache.put(kube::kInferenceServices, *written);
  co_return std::string(written->resource_version());
}

Task<ApiResult<void>> finish_deletion(kube::Client& client, Cache& cache, ServiceRecord record,
                                      const spec::Value& service, kube::SteadyTime until) {
  std::vector<std::string> finalizers = finalizers_of(service);
  if (std::erase(finalizers, kFinalizer) == 0) co_return ApiResult<void>{};
  auto deleted = co_await delete_trained_models(client, record, until);
  if (!deleted) co_return std::unexpected(deleted.error());
  const std::string body = body_of(record, finalizers);
  const kube::CallOptions call{.deadline = until};
  const auto written =
      co_await client.merge_patch(kube::kInferenceServices, record.key.ns, record.key.name, body, call);
  if (!written && written.error().is_not_found()) co_return ApiResult<void>{};
  if (!written) co_return std::unexpected(written.error());
  // Without finalizers the object is deleted, and the watch reports that.
  if (!finalizers.empty()) cache.put(kube::kInferenceServices, *written);
  co_return ApiResult<void>{};
}

}  // namespace modelgate::reconciler
