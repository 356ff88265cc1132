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

// See kube::connection. The error is text for people and names the flag.
std::expected<ClusterOptions, std::string> cluster_options(const Flags& flags);

}  // namespace modelgate::webhook
