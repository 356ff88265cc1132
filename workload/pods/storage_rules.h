// SPDX-License-Identifier: Apache-2.0
//
// Rules about storage that KServe does not have: what would end as a Pod that the API server refuses, or as a
// container that never starts, is told at once. Strict denies, Compatible warns.
#pragma once

#include <string_view>
#include <vector>

#include "workload/pods/storage_request.h"

namespace modelgate::workload {

/// The URI of a Pod's model. `claimed`: a ClusterStorageContainer supports it.
void check_uri(PodPass& pass, std::string_view uri, bool claimed, const spec::FieldPath& field);

/// Another volume at the same path in one of the containers.
void check_mount_path(PodPass& pass, const std::vector<spec::FieldPath>& containers, std::string_view volume,
                      std::string_view path);

/// Several sources: their URIs, and that each path is absolute, its own, and does not leave its parent.
void check_sources(PodPass& pass, const StorageRequest& request);

}  // namespace modelgate::workload
