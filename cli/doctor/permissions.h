// SPDX-License-Identifier: Apache-2.0
//
// The permissions that the programs' ServiceAccounts and the installing user need. tests/cli compares the
// first two with the roles in deploy/base and deploy/reconciler. Called by cli/doctor/read_cluster.cc, which
// checks each with an access review.
#pragma once

#include <string>
#include <vector>

#include "cli/doctor/cluster_snapshot.h"

namespace modelgate::cli {

/// `own_certificates`: includes what rotating certificates needs (makes_own_certificates()).
std::vector<Permission> webhook_permissions(const InstallationNames& names, bool own_certificates);

std::vector<Permission> reconciler_permissions(const InstallationNames& names);

std::vector<Permission> installer_permissions(const InstallationNames& names);

}  // namespace modelgate::cli
