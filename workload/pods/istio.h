// SPDX-License-Identifier: Apache-2.0
//
// Lets the storage initializer reach the network in a Pod with an Istio sidecar. Called by pod.cc.
#pragma once

#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// Runs the storage initializer as the user of the sidecar where Istio's CNI plugin redirects traffic, or as
/// the user in the annotation `serving.kserve.io/storage-initializer-uid`.
void set_istio_user(PodPass& pass);

}  // namespace modelgate::workload
