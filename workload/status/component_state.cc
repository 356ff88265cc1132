// SPDX-License-Identifier: Apache-2.0
#include "workload/status/component_state.h"

#include <algorithm>

#include "spec/view.h"

namespace modelgate::workload {
namespace {

/// One condition of all Deployments together: True where it is of each of them.
struct Joint {
  bool all_true = false;
  bool any_false = false;
  spec::ObjectView shown;  // the first that is not True, else the first

  std::string_view reason() const { return shown.string("reason"); }
  std::string_view message() const { return shown.string("message"); }
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
      if (!out.shown || (!holds && out.shown.string("status") == "True")) out.shown = c;
    }
  }
  out.all_true = !deployments.empty() && is_true == deployments.size();
  return out;
}

/// What a condition of a Deployment comes to; its own reason and message where it has them.
State with(std::string_view status, const Joint& condition, std::string_view reason, std::string_view text) {
  const std::string_view own = condition.reason();
  const std::string_view message = condition.message();
  return {status, std::string(own.empty() ? reason : own), std::string(message.empty() ? text : message)};
}

bool all_have_available_pods(const std::vector<const spec::Value*>& deployments) {
  return std::ranges::all_of(deployments, [](const spec::Value* d) {
    return spec::ObjectView(d).object("status").integer("availableReplicas").value_or(0) > 0;
  });
}

State from_deployments(const std::vector<const spec::Value*>& deployments, bool serving_counts) {
  if (deployments.empty()) return {"Unknown", "DeploymentNotCreated", "there is no Deployment yet"};
  const Joint failure = joint_condition(deployments, "ReplicaFailure");
  const Joint available = joint_condition(deployments, "Available");
  const Joint progressing = joint_condition(deployments, "Progressing");
  const bool cannot_make = failure.shown && failure.shown.string("status") == "True";
  if (cannot_make && !(serving_counts && available.all_true))
    return with("False", failure, "FailedCreate", "Pods cannot be made");
  // While an autoscaler adds Pods there are fewer than it asks for; those that are there serve.
  const bool too_few = available.any_false;
  if (too_few && serving_counts && all_have_available_pods(deployments))
    return {"True", "MinimumReplicasAvailable", "Pods are available, though fewer than wanted"};
  if (too_few) return with("False", available, "MinimumReplicasUnavailable", "not enough Pods are available");
  if (progressing.any_false && !(serving_counts && available.all_true))
    return with("False", progressing, "ProgressDeadlineExceeded", "the rollout makes no progress");
  const bool complete = progressing.all_true && progressing.reason() == "NewReplicaSetAvailable";
  if (complete) return with("True", progressing, "NewReplicaSetAvailable", "all Pods are available");
  if (available.all_true) return with("True", available, "MinimumReplicasAvailable", "Pods are available");
  if (progressing.all_true) return with("Unknown", progressing, "Progressing", "the rollout goes on");
  return {"False", "DeploymentNotReady", "the Deployment has no status yet"};
}

}  // namespace

State state_of(const std::vector<const spec::Value*>& deployments, const std::vector<PodTrouble>& troubles,
               bool serving_counts) {
  State state = from_deployments(deployments, serving_counts);
  if (state.is_true() || troubles.empty()) return state;
  // What the scheduler waits for may pass; a failure is told first.
  const auto failure = std::ranges::find(troubles, false, &PodTrouble::may_pass);
  const PodTrouble& told = failure == troubles.end() ? troubles.front() : *failure;
  state.reason = told.reason;
  state.message = told.message;
  return state;
}

std::optional<std::string> why_no_pods(const std::vector<const spec::Value*>& deployments) {
  const Joint failure = joint_condition(deployments, "ReplicaFailure");
  if (!failure.shown || failure.shown.string("status") != "True") return std::nullopt;
  return std::string(failure.message());
}

bool has_available_pods(const std::vector<const spec::Value*>& deployments) {
  return std::ranges::any_of(deployments, [](const spec::Value* d) {
    return spec::ObjectView(d).object("status").integer("availableReplicas").value_or(0) > 0;
  });
}

}  // namespace modelgate::workload
