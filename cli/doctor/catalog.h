// SPDX-License-Identifier: Apache-2.0
//
// Configuration and runtimes, and whether the cluster has what the configuration requires.
#pragma once

#include <optional>
#include <string>

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"
#include "spec/configuration.h"

namespace modelgate::cli {

void check_configuration(const ClusterSnapshot& snapshot, Findings& out);
void check_runtimes(const ClusterSnapshot& snapshot, Findings& out);
void check_configured_mode(const ClusterSnapshot& snapshot, Findings& out);

/// The configuration in force: the cluster's, else the built-in one. Nothing if it cannot be read.
std::optional<spec::Configuration> configuration_of(const ClusterSnapshot& snapshot);

/// "ConfigMap kserve/inferenceservice-config"
std::string config_map_name(const ClusterSnapshot& snapshot);

/// "kubectl edit ..." of it.
std::string edit_command(const ClusterSnapshot& snapshot);

}  // namespace modelgate::cli
