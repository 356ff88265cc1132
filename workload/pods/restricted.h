// SPDX-License-Identifier: Apache-2.0
//
// The security context of the containers that we add to a Pod, so that a namespace with the Pod Security level
// `restricted` admits it. In Strict mode only: Compatible adds the containers as KServe does, and such a
// namespace admits only those whose ClusterStorageContainer, or whose Pod, sets what is missing.
//
// What is set stays. The user of a modelcar and of its server must be the same: /proc/<pid>/root is readable for
// that user alone.
#pragma once

#include <cstdint>
#include <optional>

#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// The user of a container: its own, else its Pod's; nullopt if the image determines it.
std::optional<std::int64_t> user_of(const PodPass& pass, const spec::ContainerView& container);

/// The last step: completes the containers that this or an earlier pass added, or the reconciler.
void restrict_added_containers(PodPass& pass);

/// The part of the server's security context that the agent needs: the user, the group and the SELinux label, by
/// which the two share files.
spec::Value shared_security(PodPass& pass, const spec::Value& server);

}  // namespace modelgate::workload
