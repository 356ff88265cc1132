// SPDX-License-Identifier: Apache-2.0
//
// Storage rules that KServe does not have: they report a Pod that the API server would reject, or whose
// container would never start. Strict denies, Compatible warns.
#pragma once

#include <string_view>
#include <vector>

#include "workload/pods/storage_request.h"

namespace modelgate::workload {

/// Checks the URI of a model. `claimed`: a ClusterStorageContainer supports it.
void check_uri(PodPass& pass, std::string_view uri, bool claimed, const spec::FieldPath& field);

/// Reports another volume at the same path in one of the containers.
void check_mount_path(PodPass& pass, const std::vector<spec::FieldPath>& containers, std::string_view volume,
                      std::string_view path);

/// Checks several sources: their URIs, and that each path is absolute, unique and without "..".
void check_sources(PodPass& pass, const StorageRequest& request);

}  // namespace modelgate::workload
