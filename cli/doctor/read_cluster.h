// SPDX-License-Identifier: Apache-2.0
//
// Reads all that `modelgate doctor` looks at, once. Called by doctor.cc.
//
//   ClusterPicture picture = read_cluster(*config, options);
//
// It reads, and asks who may do what; nothing is written. What could not be read is noted in the picture.
// Bounded: each call has a deadline, and once the API server is away nothing more is asked.
#pragma once

#include "cli/doctor/cluster_picture.h"
#include "cli/doctor/doctor.h"
#include "kube/client/client_config.h"

namespace modelgate::cli {

ClusterPicture read_cluster(const kube::ClientConfig& config, const DoctorOptions& options);

}  // namespace modelgate::cli
