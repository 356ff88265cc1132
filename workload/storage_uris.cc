// SPDX-License-Identifier: Apache-2.0
//
// `storageUris`: several sources, each at a path of its own. Unlike the one `storageUri`, which a Pod is told
// by annotation, they are put into the Deployment's template, as KServe does.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "workload/annotations.h"
#include "workload/object_builder.h"
#include "workload/pod_pass.h"
#include "workload/service_build.h"
#include "workload/storage_container.h"
#include "workload/storage_initializer.h"

namespace modelgate::workload {
namespace {

using spec::Value;

/// The component's Pod as it would be made, to be worked on like any other.
Value pod_of(ServiceBuild& build, const Component& component, Value pod_spec) {
  spec::Arena& arena = build.arena;
  return ObjectBuilder(arena)
      .text("apiVersion", "v1")
      .text("kind", "Pod")
      .value("metadata", ObjectBuilder(arena)
                             .text("namespace", build.namespace_)
                             .value("labels", to_value(component.labels, arena))
                             .value("annotations", to_value(component.annotations, arena))
                             .take())
      .value("spec", std::move(pod_spec))
      .take();
}

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
  if (!storage) return request;
  request.storage.emplace();
  request.storage->key = storage.key().value_or("");
  for (const auto& [key, value] : to_map(storage.parameters()))
    request.storage->parameters.emplace_back(key, value);
  return request;
}

/// What the pass found out is told as the component's.
bool take_outcome(ServiceBuild& build, const Component& component, PodOutcome& outcome) {
  for (spec::ObjectKey& key : outcome.needs) {
    if (std::ranges::find(build.wanted.needs, key) == build.wanted.needs.end())
      build.wanted.needs.push_back(std::move(key));
  }
  for (std::string& warning : outcome.warnings) {
    build.notice(component.kind, "Storage", component.path / "storageUris", std::move(warning));
  }
  if (outcome.errors.empty()) return true;
  const spec::FieldError& first = outcome.errors.list().front();
  build.fatal(component.kind, "InvalidPredictorSpec", component.path / "storageUris", first.message());
  return false;
}

bool add_to(ServiceBuild& build, const Component& component, const StorageRequest& request,
            std::string_view container_name, Value& pod_spec) {
  const spec::Facts nothing;
  const PodContext context{.catalog = build.context.catalog,
                           .facts = build.context.facts ? *build.context.facts : nothing,
                           .namespace_ = build.namespace_,
                           .system_namespace = build.context.system_namespace};
  Value pod = pod_of(build, component, std::move(pod_spec));
  spec::Edit edit(pod, build.arena);
  PodPass pass(edit, context);
  StorageRequest wanted = request;
  const StorageContainerChoice choice =
      choose_storage_container(pass, container_name, request.sources.front().uri, request.field);
  if (choice.settled) {
    wanted.container = choice.container;
    add_storage(pass, wanted);
  }
  pod_spec = std::move(*spec::find(pod, "spec"));
  return take_outcome(build, component, pass.outcome);
}

}  // namespace

bool add_storage_uris(ServiceBuild& build, const spec::ComponentView& view, Component& component) {
  if (view.storage_uris().empty()) return true;
  // The agent pulls models itself.
  if (component.annotations.contains(annotation::kAgent)) return true;
  const StorageRequest request = request_for(view, component.path / "storageUris", component);
  const std::string_view name = view.string("storageContainerName");
  if (!add_to(build, component, request, name, component.pod_spec)) return false;
  return !component.workers || add_to(build, component, request, name, component.workers->pod_spec);
}

}  // namespace modelgate::workload
