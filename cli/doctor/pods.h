// SPDX-License-Identifier: Apache-2.0
//
// Problems of a Deployment of ours: its rollout and its Pods. Called by the checks of both programs.
//
//   report_rollout(deployment, snapshot, out);  // quota, Pod security, progress
//   report_pods(deployment, snapshot, out);     // scheduling, images, crash loops with their termination
//   message
#pragma once

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"
#include "spec/view.h"

namespace modelgate::cli {

void report_rollout(const spec::ObjectView& deployment, const ClusterSnapshot& snapshot, Findings& out);
void report_pods(const spec::ObjectView& deployment, const ClusterSnapshot& snapshot, Findings& out);

/// Every label of a selector's `matchLabels` is in `labels`. An empty selector matches nothing.
bool matches_labels(const spec::ObjectView& wanted, const spec::ObjectView& labels);

/// "Deployment kserve/modelgate-webhook"
std::string deployment_name(const spec::ObjectView& deployment);
std::int64_t replicas_of(const spec::ObjectView& deployment);
/// An empty view if there is none.
spec::ObjectView first_container_of(const spec::ObjectView& deployment);

}  // namespace modelgate::cli
