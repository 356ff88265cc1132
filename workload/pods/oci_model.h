// SPDX-License-Identifier: Apache-2.0
//
// A model in a container image. The mode is in the URI's scheme, else in the configuration:
//   modelcar  a sidecar runs the image; the containers share a process namespace, and read the model through
//             the root directory of the sidecar's process
//   native    an image volume (Kubernetes 1.33 and later)
//   fetch     like modelcar: KServe v0.20 serves it that way
// Called by pod.cc for the URI of an annotation, and by storage_initializer.cc for several sources.
#pragma once

#include <string_view>

#include "workload/pods/storage_request.h"

namespace modelgate::workload {

/// The mode of a URI: from its scheme, else as configured. Empty if it is not an image, or if images are
/// disabled.
std::string_view oci_mode(const PodPass& pass, std::string_view uri);

/// Whether any source is an image, and images are enabled.
bool has_oci_source(const PodPass& pass, const StorageRequest& request);
/// Mounts the sources that are images.
void mount_oci_sources(PodPass& pass, const StorageRequest& request);

/// Mounts the image of the Pod's annotated URI, if that is one.
void mount_oci_model(PodPass& pass);

/// Images of one Pod: each adds two containers and a volume.
inline constexpr std::size_t kMaxOciSources = 10;

}  // namespace modelgate::workload
