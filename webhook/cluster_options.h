// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the flags and the environment say about the cluster. Used by webhook/main.cc.

#include <expected>
#include <string>

#include "webhook/cluster.h"
#include "webhook/flags.h"

namespace modelgate::webhook {

// True with --kubeconfig or --kube-context, or within a Pod; never with --manifests.
bool wants_cluster(const Flags& flags);

// Reads the kubeconfig or the service account. The environment gives POD_NAMESPACE, where --namespace does
// not say it, and POD_NAME. The error is text for people and names the flag.
std::expected<ClusterOptions, std::string> cluster_options(const Flags& flags);

}  // namespace modelgate::webhook
