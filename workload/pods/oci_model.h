// SPDX-License-Identifier: Apache-2.0
//
// A model in a container image. Three ways, by the URI's scheme or by configuration:
//   modelcar  a sidecar that holds the image; the containers share their processes, and the model is reached
//             through the sidecar's root directory
//   native    an image volume (Kubernetes 1.33 and later)
//   fetch     as modelcar: KServe v0.20 serves it that way
// Who calls: the step `mount_oci_model` for the one URI of an annotation; add_storage for several.
#pragma once

#include <string_view>

#include "workload/pods/storage_request.h"

namespace modelgate::workload {

/// How a URI is served: by its scheme, else as configured. Empty where it is no image, or where images are
/// not served.
std::string_view oci_mode(const PodPass& pass, std::string_view uri);

/// Whether any source is an image, and served as one.
bool has_oci_source(const PodPass& pass, const StorageRequest& request);
/// Those of the sources that are images.
void mount_oci_sources(PodPass& pass, const StorageRequest& request);

/// The image of the Pod's annotated URI, where that is one.
void mount_oci_model(PodPass& pass);

/// Sidecars of one Pod: each is two containers and a volume.
inline constexpr std::size_t kMaxOciSources = 10;

}  // namespace modelgate::workload
