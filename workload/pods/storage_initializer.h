// SPDX-License-Identifier: Apache-2.0
//
// Puts models where containers find them: a volume and an init container that fetches into it, or a mounted
// PersistentVolumeClaim. Called by storage_step.cc for the URI of an annotation, and by
// children/storage_uris.cc.
//
//   add_storage(pass, {.sources = {{"s3://b/base", "/mnt/models/base"}, {"pvc://c/lora", "/mnt/lora"}}});
//
// Follows KServe v0.20: one volume for everything that is fetched, mounted at the common parent of the paths;
// each claim has its own volume; oci_model.h mounts container images.
#pragma once

#include <string_view>

#include "workload/pods/pod_pass.h"
#include "workload/pods/storage_request.h"

namespace modelgate::workload {

/// The ConfigMap with the CAs of private object stores, copied into each namespace.
inline constexpr std::string_view kCaBundleCopy = "global-ca-bundle";

/// One URI, at /mnt/models.
void add_model_storage(PodPass& pass, const StorageRequest& request);
/// Several URIs, each at its own path.
void add_storage(PodPass& pass, const StorageRequest& request);

}  // namespace modelgate::workload
