// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/pods.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/doctor/report.h"
#include "spec/text/utf8.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

/// More than upgrades and drained nodes cause.
constexpr std::int64_t kManyRestarts = 5;

/// Bytes. The kubelet stores 2 KiB; the last lines have the error.
constexpr std::size_t kMaxTerminationMessage = 400;

/// The remedy for a waiting container's reason.
struct WaitingReason {
  std::string_view reason;
  std::string_view remedy;
};
constexpr WaitingReason kWaitingReasons[] = {
    {"ImagePullBackOff",
     "check that the image exists and the node may pull it; a private one needs imagePullSecrets"},
    {"ErrImagePull",
     "check that the image exists and the node may pull it; a private one needs imagePullSecrets"},
    {"InvalidImageName", "fix the image name in the Deployment"},
    {"CrashLoopBackOff", "read its log"},
    {"CreateContainerConfigError", "a Secret or ConfigMap that the Pod refers to is missing"},
};

/// The end of its log, if the kubelet stored it.
std::string termination_message(const ObjectView& terminated) {
  const std::string_view message = terminated.string("message");
  if (message.empty()) return {};
  const bool cut = message.size() > kMaxTerminationMessage;
  return fmt::format("\ntermination message: {}{}", cut ? "..." : "",
                     shortened(text::end_of(message, kMaxTerminationMessage), kMaxTerminationMessage));
}

/// Adds the problems of one Pod.
void check_pod(const ObjectView& pod, const ClusterSnapshot& snapshot, Findings& out) {
  const std::string name(pod.object("metadata").string("name"));
  const std::string about = fmt::format("Pod {}/{}", snapshot.names.ns, name);
  const ObjectView status = pod.object("status");
  for (const ObjectView c : status.list("conditions")) {
    if (c.string("type") != "PodScheduled" || c.string("status") != "False") continue;
    out.error({.about = about,
               .found = fmt::format("it cannot be scheduled: {}", c.string("message")),
               .cause = "no node has enough free resources, or the nodes have taints",
               .remedy = "free resources, or add a node",
               .command = fmt::format("kubectl describe pod -n {} {}", snapshot.names.ns, name)});
  }
  for (const ObjectView container : status.list("containerStatuses")) {
    const ObjectView waiting = container.object("state").object("waiting");
    const ObjectView last = container.object("lastState").object("terminated");
    const std::string_view reason = waiting.string("reason");
    const auto* known = std::ranges::find(kWaitingReasons, reason, &WaitingReason::reason);
    if (known != std::end(kWaitingReasons)) {
      const std::string ended = last ? fmt::format(" (exited with {} {})", last.string("reason"),
                                                   last.integer("exitCode").value_or(0))
                                     : std::string();
      const std::string message = termination_message(last);
      out.error({.about = about,
                 .found = fmt::format("{}{}: {}{}", reason, ended, waiting.string("message"), message),
                 .cause = {},
                 .remedy = std::string(known->remedy),
                 .command = fmt::format("kubectl logs -n {} {} --previous", snapshot.names.ns, name)});
    } else if (container.integer("restartCount").value_or(0) > kManyRestarts) {
      const bool memory = last.string("reason") == "OOMKilled";
      out.warning({.about = about,
                   .found = fmt::format("restarted {} times, last reason {}{}",
                                        container.integer("restartCount").value_or(0), last.string("reason"),
                                        termination_message(last)),
                   .cause = memory ? "it uses more memory than its limit" : "",
                   .remedy = memory ? "raise the memory limit" : "read its log",
                   .command = fmt::format("kubectl logs -n {} {} --previous", snapshot.names.ns, name)});
    }
  }
}

}  // namespace

bool matches_labels(const ObjectView& wanted, const ObjectView& labels) {
  if (!wanted || wanted.value()->ObjectEmpty()) return false;
  return std::ranges::all_of(wanted.value()->GetObject(), [&](const auto& member) {
    return member.value.IsString() &&
           labels.string(spec::text_of(member.name)) == spec::text_of(member.value);
  });
}

std::string deployment_name(const ObjectView& deployment) {
  const ObjectView metadata = deployment.object("metadata");
  return fmt::format("Deployment {}/{}", metadata.string("namespace"), metadata.string("name"));
}

std::int64_t replicas_of(const ObjectView& deployment) {
  return deployment.object("spec").integer("replicas").value_or(1);
}

ObjectView first_container_of(const ObjectView& deployment) {
  const auto containers = deployment.object("spec").object("template").object("spec").list("containers");
  return containers.empty() ? ObjectView() : containers[0];
}

void report_rollout(const ObjectView& deployment, const ClusterSnapshot& snapshot, Findings& out) {
  for (const ObjectView c : deployment.object("status").list("conditions")) {
    const std::string_view type = c.string("type");
    const bool bad = (type == "ReplicaFailure" && c.string("status") == "True") ||
                     (type == "Progressing" && c.string("status") == "False");
    if (!bad) continue;
    out.error({.about = deployment_name(deployment),
               .found = fmt::format("{}: {}", c.string("reason"), c.string("message")),
               .cause = "its Pods are rejected or do not become ready",
               .remedy = "fix what the message names: a quota, Pod security, the image",
               .command = fmt::format("kubectl describe replicaset -n {} -l app.kubernetes.io/name={}",
                                      snapshot.names.ns, deployment.object("metadata").string("name"))});
  }
}

void report_pods(const ObjectView& deployment, const ClusterSnapshot& snapshot, Findings& out) {
  const ObjectView selector = deployment.object("spec").object("selector").object("matchLabels");
  for (const Value* pod : snapshot.all(kube::kPods, snapshot.names.ns)) {
    const ObjectView view(pod);
    if (matches_labels(selector, view.object("metadata").object("labels"))) check_pod(view, snapshot, out);
  }
}

}  // namespace modelgate::cli
