// SPDX-License-Identifier: Apache-2.0
#include "workload/children/storage_uris.h"

#include <utility>

#include "workload/children/template_pod.h"
#include "workload/objects/annotations.h"
#include "workload/pods/pod_pass.h"
#include "workload/pods/storage_container.h"
#include "workload/pods/storage_initializer.h"

namespace modelgate::workload {
namespace {

StorageRequest request_for(const spec::ComponentView& view, const spec::FieldPath& path,
                           const Component& component) {
  StorageRequest request;
  for (const spec::StorageUriView& source : view.storage_uris()) {
    const std::string_view mount = source.mount_path();
    request.sources.push_back({std::string(source.uri()), std::string(mount.empty() ? kModelPath : mount)});
  }
  request.read_only = value_of(component.annotations, annotation::kReadOnly) != "false";
  request.field = path;
  const spec::StorageSpecView storage = spec::PredictorView(view.value()).model().storage();
  // As KServe: with only one of the two, the ServiceAccount's credentials are used.
  if (!storage.key() || !storage.parameters()) return request;
  request.storage.emplace();
  request.storage->key = storage.key().value_or("");
  for (const auto& [key, value] : to_map(storage.parameters()))
    request.storage->parameters.emplace_back(key, value);
  return request;
}

PodOutcome fetch(spec::Edit& edit, const PodContext& context, StorageRequest request,
                 std::string_view container_name) {
  PodPass pass(edit, context);
  const StorageContainerChoice choice =
      choose_storage_container(pass, container_name, request.sources.front().uri, request.field);
  if (choice.settled) {
    request.container = choice.container;
    add_storage(pass, request);
  }
  return std::move(pass).finish();
}

}  // namespace

bool add_storage_uris(ServiceBuild& build, const spec::ComponentView& view, Component& component) {
  if (view.storage_uris().empty()) return true;
  // The agent pulls the models.
  if (component.annotations.contains(annotation::kAgent)) return true;
  const spec::FieldPath path = component.path / "storageUris";
  const StorageRequest request = request_for(view, path, component);
  const std::string_view name = view.string("storageContainerName");
  const PodWork work = [&](spec::Edit& edit, const PodContext& context) {
    return fetch(edit, context, request, name);
  };
  StringMap annotations = component.annotations;
  if (!work_on_template(build, component, path, component.labels, annotations, component.pod_spec, work))
    return false;
  if (!component.workers) return true;
  Workers& workers = *component.workers;
  annotations = workers.annotations;
  return work_on_template(build, component, path, workers.labels, annotations, workers.pod_spec, work);
}

}  // namespace modelgate::workload
