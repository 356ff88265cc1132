// SPDX-License-Identifier: Apache-2.0
//
// The agent: a sidecar in front of the model server that logs requests, batches them, or pulls models. Called
// by pod.cc.
#pragma once

#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// Adds the agent where an annotation requests a logger, a batcher or the model puller.
void add_agent(PodPass& pass);

}  // namespace modelgate::workload
