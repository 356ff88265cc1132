// SPDX-License-Identifier: Apache-2.0
//
// The models that one Pod needs: where each is stored, and where containers find it. Built by storage_step.cc
// from annotations and by children/storage_uris.cc from `storageUris`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "spec/serving_runtime.h"
#include "workload/objects/annotations.h"
#include "workload/pods/pod_pass.h"
#include "workload/pods/storage_config.h"

namespace modelgate::workload {

struct StorageSource {
  std::string uri;
  std::string mount_path;
};

struct StorageRequest {
  std::vector<StorageSource> sources;
  /// Of the mounts in containers that serve; an init container always writes.
  bool read_only = true;
  /// Instead of the credentials of the ServiceAccount.
  std::optional<StorageSpec> storage = std::nullopt;
  spec::ClusterStorageContainerView container = {};
  /// Where an error is reported.
  spec::FieldPath field = PodPass::annotation_path(annotation::kSourceUri);
};

/// More sources than a Pod can have volumes and sidecars.
inline constexpr std::size_t kMaxStorageSources = 64;

}  // namespace modelgate::workload
