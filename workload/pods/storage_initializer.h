// SPDX-License-Identifier: Apache-2.0
//
// The model in its place: a volume, an init container that fetches into it, or a claim mounted as it is. Who
// calls: the step `initialize_storage` for the one URI of an annotation; the reconciler for `storageUris`.
//
//   add_storage(pass, {.sources = {{"s3://b/base", "/mnt/models/base"}, {"pvc://c/lora", "/mnt/lora"}}});
//
// Follows KServe v0.20: one volume for all that is fetched, mounted at the sources' common parent; a claim
// has a volume of its own; container images are mounted by oci_model.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/serving_runtime.h"
#include "workload/objects/annotations.h"
#include "workload/pods/credentials.h"
#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

struct StorageSource {
  std::string uri;
  std::string mount_path;
};

struct StorageRequest {
  std::vector<StorageSource> sources;
  /// In the containers that serve; an init container always writes.
  bool read_only = true;
  /// Instead of the credentials of the ServiceAccount.
  std::optional<StorageSpec> storage = std::nullopt;
  spec::ClusterStorageContainerView container = {};
  /// What an error names.
  spec::FieldPath field = PodPass::annotation_path(annotation::kSourceUri);
};

/// The ConfigMap of each namespace with the CAs of private object stores, copied from ours.
inline constexpr std::string_view kCaBundleCopy = "global-ca-bundle";

/// More sources than a Pod can hold volumes and sidecars for.
inline constexpr std::size_t kMaxStorageSources = 64;

/// One URI, at /mnt/models.
void add_model_storage(PodPass& pass, const StorageRequest& request);
/// Several, each at its own path.
void add_storage(PodPass& pass, const StorageRequest& request);

/// The deepest directory that holds all of them; "/" where that is the only one.
std::string common_parent(const std::vector<StorageSource>& sources);
/// "/mnt/models" is the volume mnt-models.
std::string volume_name_of(std::string_view path);
/// As Go's filepath.Dir: cleaned, "." for a bare name.
std::string parent_directory(std::string_view path);

}  // namespace modelgate::workload
