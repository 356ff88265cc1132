// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/storage_container.h"

#include <fmt/format.h>

#include <utility>

#include "spec/storage_containers.h"
#include "spec/storage_uri.h"
#include "workload/objects/annotations.h"

namespace modelgate::workload {
namespace {

using spec::ClusterStorageContainerView;
using spec::Fact;
using spec::FieldPath;
using spec::StorageContainers;

/// A named container has no alternative: each mismatch is an error.
StorageContainerChoice checked(PodPass& pass, const ClusterStorageContainerView& container,
                               std::string_view uri) {
  const FieldPath field = PodPass::annotation_path(annotation::kStorageContainer);
  const std::string_view name = container.metadata().name();
  StorageContainers containers(pass.context.catalog);
  if (auto why = containers.unfit(container, uri)) {
    pass.rule("storage-container-unfit").add(spec::invalid(field, name, std::move(*why)));
    return {.container = {}, .settled = false};
  }
  if (containers.supports(container, uri) == StorageContainers::Support::kBroken) {
    pass.rule("storage-container-regex").add(spec::invalid(field, name, spec::broken_expression_text(name)));
    return {.container = {}, .settled = false};
  }
  return {.container = container};
}

StorageContainerChoice by_name(PodPass& pass, std::string_view name, std::string_view uri) {
  for (const ClusterStorageContainerView& c : pass.context.catalog.storage_containers()) {
    if (c.metadata().name() == name) return checked(pass, c, uri);
  }
  // It may have been created a moment ago.
  const Fact* fact = pass.look_up("ClusterStorageContainer", "", name);
  if (!fact) return {.container = {}, .settled = false};
  if (fact->state == Fact::State::kPresent) {
    return checked(pass, ClusterStorageContainerView(fact->object), uri);
  }
  if (fact->state == Fact::State::kAbsent) {
    pass.rule("storage-container-missing")
        .add(spec::not_found(PodPass::annotation_path(annotation::kStorageContainer), name,
                             "no ClusterStorageContainer has this name"));
    return {.container = {}, .settled = false};
  }
  pass.warn(
      fmt::format("ClusterStorageContainer {} could not be read: the storage initializer runs without it",
                  spec::quote(name)),
      spec::ObjectKey{"ClusterStorageContainer", "", std::string(name)});
  return {.container = {}, .unread = true};
}

}  // namespace

StorageContainerChoice choose_storage_container(PodPass& pass, std::string_view name, std::string_view uri,
                                                const FieldPath& field) {
  if (!name.empty()) return by_name(pass, name, uri);
  // KServe stops at an invalid expression; Strict continues with the next container.
  const StorageContainers::Match match = StorageContainers(pass.context.catalog).find(uri, !pass.strict());
  if (match.broken.empty() || match.container) return {.container = match.container};
  pass.rule("storage-container-regex")
      .add(spec::invalid(field, spec::shown_uri(uri), spec::broken_expression_text(match.broken)));
  return {.container = {}, .settled = false};
}

}  // namespace modelgate::workload
