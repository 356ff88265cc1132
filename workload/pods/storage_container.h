// SPDX-License-Identifier: Apache-2.0
//
// Which ClusterStorageContainer fetches a model: the named one, else the first by name that supports the URI
// by prefix or regular expression. Called by storage_step.cc and children/storage_uris.cc.
#pragma once

#include <optional>
#include <string_view>

#include "spec/serving_runtime.h"
#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

struct StorageContainerChoice {
  /// Absent if none supports the URI: then the storage initializer runs as configured.
  spec::ClusterStorageContainerView container;
  /// False if an error was reported, or if a fact is needed first.
  bool settled = true;
  /// The named one could not be read.
  bool unread = false;
};

/// `name` empty: by URI. `field` is what an error names.
StorageContainerChoice choose_storage_container(PodPass& pass, std::string_view name, std::string_view uri,
                                                const spec::FieldPath& field);

}  // namespace modelgate::workload
