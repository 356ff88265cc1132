// SPDX-License-Identifier: Apache-2.0
//
// Which ClusterStorageContainer fetches a model: the one that is named, else the first by name that claims
// the URI by prefix or regular expression. Who calls: storage_initializer.cc.
#pragma once

#include <optional>
#include <string_view>

#include "spec/serving_runtime.h"
#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

struct StorageContainerChoice {
  /// Absent where none claims the URI: then the storage initializer runs as configured.
  spec::ClusterStorageContainerView container;
  /// False where an error was told, or the choice waits for a fact.
  bool settled = true;
  /// Nobody could read the one that is named.
  bool unread = false;
};

/// `name` empty: by URI. `field` is what an error names.
StorageContainerChoice choose_storage_container(PodPass& pass, std::string_view name, std::string_view uri,
                                                const spec::FieldPath& field);

}  // namespace modelgate::workload
