// SPDX-License-Identifier: Apache-2.0
//
// Places a Pod on a GKE node that has the right accelerator. Called by pod.cc.
#pragma once

#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// Sets the node selector of GKE's accelerators from the annotation `serving.kserve.io/gke-accelerator`. Warns
/// where no container has a GPU limit: the annotation then has no effect.
void select_accelerator(PodPass& pass);

}  // namespace modelgate::workload
