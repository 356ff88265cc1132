// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a Deployment of ours: its rollout and its Pods. Called by the checks of either program.
//
//   tell_rollout(deployment, picture, out);  // quota, Pod security, progress
//   tell_pods(deployment, picture, out);     // nodes, images, crash loops with their last words
#pragma once

#include "cli/doctor/cluster_picture.h"
#include "cli/doctor/report.h"
#include "spec/view.h"

namespace modelgate::cli {

void tell_rollout(const spec::ObjectView& deployment, const ClusterPicture& picture, Findings& out);
void tell_pods(const spec::ObjectView& deployment, const ClusterPicture& picture, Findings& out);

/// Every label of a selector's `matchLabels` is there; an empty selector takes nothing.
bool has_labels(const spec::ObjectView& wanted, const spec::ObjectView& labels);

/// "Deployment kserve/modelgate-webhook"
std::string deployment_name(const spec::ObjectView& deployment);
std::int64_t replicas_of(const spec::ObjectView& deployment);
/// One without fields where there is none.
spec::ObjectView first_container_of(const spec::ObjectView& deployment);

}  // namespace modelgate::cli
