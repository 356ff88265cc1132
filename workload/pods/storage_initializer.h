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

#include <string_view>

#include "workload/pods/pod_pass.h"
#include "workload/pods/storage_request.h"

namespace modelgate::workload {

/// The ConfigMap of each namespace with the CAs of private object stores, copied from ours.
inline constexpr std::string_view kCaBundleCopy = "global-ca-bundle";

/// One URI, at /mnt/models.
void add_model_storage(PodPass& pass, const StorageRequest& request);
/// Several, each at its own path.
void add_storage(PodPass& pass, const StorageRequest& request);

}  // namespace modelgate::workload
