// SPDX-License-Identifier: Apache-2.0
//
// Takes the cluster snapshot for `modelgate doctor`. Called by doctor.cc.
//
//   ClusterSnapshot snapshot = read_cluster(*config, options);
//
// It reads objects and creates access reviews, which store nothing. The snapshot records what could not be
// read. Each call has a deadline. If the API server becomes unavailable, no more calls are sent.
#pragma once

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/doctor.h"
#include "kube/client/client_config.h"

namespace modelgate::cli {

ClusterSnapshot read_cluster(const kube::ClientConfig& config, const DoctorOptions& options);

}  // namespace modelgate::cli
