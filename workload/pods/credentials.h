// SPDX-License-Identifier: Apache-2.0
//
// Credentials for a container that fetches models or writes logs: from the Secrets of a ServiceAccount, or from
// the Secret that the Pod names in an annotation. Called by storage_initializer.cc and agent.cc.
//
//   add_credentials(pass, "sa-s3", container);     // AWS_ACCESS_KEY_ID from a key of a Secret, ...
//
// A container gets names: of Secrets and of their keys. The exception is KServe's own, in Compatible mode: HTTP
// headers are copied into the Pod.
#pragma once

#include <string_view>

#include "workload/objects/container_builder.h"
#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// Adds what the annotations and Secrets of the ServiceAccount provide; an empty name means `default`. A missing
/// Secret is an error, a missing ServiceAccount a warning.
void add_credentials(PodPass& pass, std::string_view service_account, ContainerBuilder& out);

}  // namespace modelgate::workload
