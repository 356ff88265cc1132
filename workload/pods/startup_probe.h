// SPDX-License-Identifier: Apache-2.0
//
// A startup probe every second for the containers that receive requests, in Strict mode: a Pod is Ready within a second of
// its server, instead of up to ten. Called by pod.cc. Only Pods get it, when they are created: templates of
// Deployments stay as they were, so nothing restarts.
//
// The startup probe is the readiness probe every second. Once it succeeds, the kubelet runs the readiness probe at once,
// and from then on as often as that says. There is none
//
//   - if the container has one already, of the service or of its runtime;
//   - without a readiness probe, and for `exec`: a process every second is too expensive;
//   - beside a liveness probe that checks something else: it would begin only after the startup probe's success;
//   - in a Pod with Knative's queue-proxy, which probes by itself.
//
// A server may start for as long as before: for ever, or until the liveness probe would have restarted it.
#pragma once

#include <cstdint>

#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// A startup probe that fails so often restarts its container. Without it, a container without a liveness probe is
/// never restarted for being slow. The largest value that Kubernetes accepts: 68 years of seconds.
inline constexpr std::int64_t kUnlimitedFailures = 2'147'483'647;

void add_startup_probes(PodPass& pass);

}  // namespace modelgate::workload
