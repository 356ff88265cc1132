// SPDX-License-Identifier: Apache-2.0
//
// The options for the cluster from the flags and the environment. Used by program.cc.
#pragma once

#include <expected>
#include <string>

#include "webhook/cluster.h"
#include "webhook/flags.h"

namespace modelgate::webhook {

/// True with --kubeconfig or --kube-context, or within a Pod; never with --manifests.
bool runs_in_cluster(const Flags& flags);

/// See kube::connection. The error names the flag.
std::expected<ClusterOptions, std::string> cluster_options(const Flags& flags);

}  // namespace modelgate::webhook
