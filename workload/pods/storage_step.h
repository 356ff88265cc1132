// SPDX-License-Identifier: Apache-2.0
//
// Reads from a Pod's annotations which model it serves and where that is stored, and adds its storage. Called
// by pod.cc.
#pragma once

#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// Adds the storage initializer, volumes and credentials for the annotated URI. Does nothing where the Pod has
/// no URI, where the agent pulls its models, or where the model is a container image (oci_model.h).
void initialize_storage(PodPass& pass);

}  // namespace modelgate::workload
