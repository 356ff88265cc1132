// SPDX-License-Identifier: Apache-2.0
#include "workload/status/component_state.h"

#include <algorithm>

#include "spec/view.h"
#include "workload/status/observed_component.h"
#include "workload/status/service_endpoints.h"

namespace modelgate::workload {
namespace {

/// One condition of all Deployments: True if it is True in each of them.
struct Joint {
  bool all_true = false;
  bool any_false = false;
  spec::ObjectView reported;  // the first that is not True, else the first

  std::string_view reason() const { return reported.string("reason"); }
  std::string_view message() const { return reported.string("message"); }
};

Joint joint_condition(const std::vector<const spec::Value*>& deployments, std::string_view type) {
  Joint out;
  std::size_t is_true = 0;
  for (const spec::Value* d : deployments) {
    for (const spec::ObjectView& c : spec::ObjectView(d).object("status").list("conditions")) {
      if (c.string("type") != type) continue;
      const bool holds = c.string("status") == "True";
      is_true += holds ? 1U : 0U;
      out.any_false = out.any_false || c.string("status") == "False";
      if (!out.reported || (!holds && out.reported.string("status") == "True")) out.reported = c;
    }
  }
  out.all_true = !deployments.empty() && is_true == deployments.size();
  return out;
}

/// With the reason and message of the Deployment's condition, else those given.
ConditionState with(std::string_view status, const Joint& condition, std::string_view reason,
                    std::string_view text) {
  const std::string_view own = condition.reason();
  const std::string_view message = condition.message();
  return {status, std::string(own.empty() ? reason : own), std::string(message.empty() ? text : message)};
}

bool all_have_available_pods(const std::vector<const spec::Value*>& deployments) {
  return std::ranges::all_of(deployments, [](const spec::Value* d) {
    return spec::ObjectView(d).object("status").integer("availableReplicas").value_or(0) > 0;
  });
}

ConditionState from_deployments(const std::vector<const spec::Value*>& deployments, bool serving_counts) {
  if (deployments.empty()) return {"Unknown", "DeploymentNotCreated", "the Deployment does not exist yet"};
  const Joint failure = joint_condition(deployments, "ReplicaFailure");
  const Joint available = joint_condition(deployments, "Available");
  const Joint progressing = joint_condition(deployments, "Progressing");
  const bool cannot_create = failure.reported && failure.reported.string("status") == "True";
  if (cannot_create && !(serving_counts && available.all_true))
    return with("False", failure, "FailedCreate", "Pods cannot be created");
  // While an autoscaler scales up, fewer Pods are available than desired. Those that are available serve.
  const bool too_few = available.any_false;
  if (too_few && serving_counts && all_have_available_pods(deployments))
    return {"True", "MinimumReplicasAvailable", "Pods are available, but fewer than desired"};
  if (too_few) return with("False", available, "MinimumReplicasUnavailable", "not enough Pods are available");
  if (progressing.any_false && !(serving_counts && available.all_true))
    return with("False", progressing, "ProgressDeadlineExceeded", "the rollout makes no progress");
  const bool complete = progressing.all_true && progressing.reason() == "NewReplicaSetAvailable";
  if (complete) return with("True", progressing, "NewReplicaSetAvailable", "all Pods are available");
  if (available.all_true) return with("True", available, "MinimumReplicasAvailable", "Pods are available");
  if (progressing.all_true) return with("Unknown", progressing, "Progressing", "the rollout is in progress");
  return {"False", "DeploymentNotReady", "the Deployment has no status yet"};
}

}  // namespace

ConditionState state_of(const std::vector<const spec::Value*>& deployments,
                        const std::vector<PodTrouble>& troubles, bool serving_counts) {
  ConditionState state = from_deployments(deployments, serving_counts);
  if (state.is_true() || troubles.empty()) return state;
  const PodTrouble& worst = *worst_of(troubles);
  state.reason = worst.reason;
  state.message = worst.message;
  return state;
}

bool serves(const Observed& observed, std::string_view component) {
  return has_available_pods(observed_component(observed, component).deployments) &&
         !unreachable(observed, component);
}

std::optional<std::string> why_no_pods(const std::vector<const spec::Value*>& deployments) {
  const Joint failure = joint_condition(deployments, "ReplicaFailure");
  if (!failure.reported || failure.reported.string("status") != "True") return std::nullopt;
  return std::string(failure.message());
}

bool has_available_pods(const std::vector<const spec::Value*>& deployments) {
  return std::ranges::any_of(deployments, [](const spec::Value* d) {
    return spec::ObjectView(d).object("status").integer("availableReplicas").value_or(0) > 0;
  });
}

}  // namespace modelgate::workload
