// SPDX-License-Identifier: Apache-2.0
//
// Storage by key: `storage: {key, path, parameters}` of a service, and the Secret `storage-config`. Each key of
// that Secret holds a JSON object with type, bucket, endpoint and credentials of one storage. Called by
// storage_initializer.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workload/objects/container_builder.h"
#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// The storage specification of a service.
struct StorageSpec {
  std::string key;
  std::vector<std::pair<std::string, std::string>> parameters;  // sorted by name

  std::string_view parameter(std::string_view name) const;
};

/// Adds references to the storage configuration's Secret. Also completes the container's arguments: type and
/// bucket replace the placeholder scheme of a URI.
void add_storage_config(PodPass& pass, const StorageSpec& spec, ContainerBuilder& out);

/// Start of a URI whose type and bucket come from the storage configuration.
inline constexpr std::string_view kSchemePlaceholder = "<scheme-placeholder>://";

}  // namespace modelgate::workload
