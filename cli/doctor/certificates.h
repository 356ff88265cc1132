// SPDX-License-Identifier: Apache-2.0
//
// Trust: the CAs in the Secret, those in the caBundle, and the certificate that is served.
#pragma once

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

void check_ca_secret(const ClusterSnapshot& snapshot, Findings& out);
void check_ca_bundle(const ClusterSnapshot& snapshot, Findings& out);
void check_certificate(const ClusterSnapshot& snapshot, Findings& out);

}  // namespace modelgate::cli
