// SPDX-License-Identifier: Apache-2.0
//
// Lets a Pod serve a little longer after its deletion, so that no request is sent to a server that is gone. Called by pod.cc.
#pragma once

#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// Gives each container without a hook of its own one that sleeps: `preStopSeconds` of the configuration
/// (ModelgateConfiguration::pre_stop()), at most half of the Pod's grace period. The kubelet sends SIGTERM after
/// that. Meanwhile kube-proxy and gateways, which learn of the deletion at the same time as the kubelet, remove the
/// Pod. Needs Kubernetes 1.30. Not for Pods of Knative, whose queue-proxy does the same.
void delay_stop(PodPass& pass);

}  // namespace modelgate::workload
