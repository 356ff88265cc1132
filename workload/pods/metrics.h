// SPDX-License-Identifier: Apache-2.0
//
// Prometheus annotations of a Pod, and the aggregation of its metrics by Knative's queue-proxy. Called by
// pod.cc.
#pragma once

#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// Configures queue-proxy where aggregation is enabled, and sets the scraping annotations. A setting comes from
/// the Pod's annotation, else from the configuration, which is then written into the annotation. In Strict, a Pod
/// without queue-proxy gets the port and path that its runtime names (prometheus.kserve.io/port); annotations of
/// the user stay.
void aggregate_metrics(PodPass& pass);

}  // namespace modelgate::workload
