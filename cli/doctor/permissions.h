// SPDX-License-Identifier: Apache-2.0
//
// What the programs' ServiceAccounts have to be allowed, and whoever installs. tests/cli holds the first two
// against the roles in deploy/base and deploy/reconciler. Called by cli/doctor/read_cluster.cc, which asks
// the API server about each.
#pragma once

#include <string>
#include <vector>

#include "cli/doctor/cluster_picture.h"

namespace modelgate::cli {

/// `own_certificates`: also what it takes to make them (makes_own_certificates()).
std::vector<Permission> webhook_permissions(const InstallationNames& names, bool own_certificates);

std::vector<Permission> reconciler_permissions(const InstallationNames& names);

std::vector<Permission> installer_permissions(const InstallationNames& names);

}  // namespace modelgate::cli
