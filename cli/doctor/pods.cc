// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/pods.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/doctor/checks.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

/// More than an upgrade or a moved node explains.
constexpr std::int64_t kManyRestarts = 5;

/// The kubelet keeps 2 KiB; the last lines say why.
constexpr std::size_t kLongestLastWords = 400;

/// What to say about a reason that a container waits for.
struct WaitingReason {
  std::string_view reason;
  std::string_view remedy;
};
constexpr WaitingReason kWaitingReasons[] = {
    {"ImagePullBackOff",
     "see whether the image is there and the node may pull it; imagePullSecrets for a private one"},
    {"ErrImagePull",
     "see whether the image is there and the node may pull it; imagePullSecrets for a private one"},
    {"InvalidImageName", "mend the image's name in the Deployment"},
    {"CrashLoopBackOff", "read its last words"},
    {"CreateContainerConfigError", "a Secret or ConfigMap that the Pod refers to is missing"},
};

/// The end of its log, where the kubelet kept it.
std::string last_words(const ObjectView& terminated) {
  const std::string_view message = terminated.string("message");
  if (message.empty()) return {};
  const bool cut = message.size() > kLongestLastWords;
  return fmt::format(
      "\nlast words: {}{}", cut ? "..." : "",
      shortened(message.substr(cut ? message.size() - kLongestLastWords : 0), kLongestLastWords));
}

/// Adds what is wrong with one Pod.
void check_pod(const ObjectView& pod, const ClusterPicture& picture, Findings& out) {
  const std::string name(pod.object("metadata").string("name"));
  const std::string about = fmt::format("Pod {}/{}", picture.names.ns, name);
  const ObjectView status = pod.object("status");
  for (const ObjectView c : status.list("conditions")) {
    if (c.string("type") != "PodScheduled" || c.string("status") != "False") continue;
    out.error({.about = about,
               .found = fmt::format("no node takes it: {}", c.string("message")),
               .cause = "it asks for what no node has left, or the nodes have taints",
               .remedy = "make room, or add a node",
               .command = fmt::format("kubectl describe pod -n {} {}", picture.names.ns, name)});
  }
  for (const ObjectView container : status.list("containerStatuses")) {
    const ObjectView waiting = container.object("state").object("waiting");
    const ObjectView last = container.object("lastState").object("terminated");
    const std::string_view reason = waiting.string("reason");
    const auto* known = std::ranges::find(kWaitingReasons, reason, &WaitingReason::reason);
    if (known != std::end(kWaitingReasons)) {
      const std::string ended = last ? fmt::format(" (ended with {} {})", last.string("reason"),
                                                   last.integer("exitCode").value_or(0))
                                     : std::string();
      const std::string words = last_words(last);
      out.error({.about = about,
                 .found = fmt::format("{}{}: {}{}", reason, ended, waiting.string("message"), words),
                 .cause = {},
                 .remedy = std::string(known->remedy),
                 .command = fmt::format("kubectl logs -n {} {} --previous", picture.names.ns, name)});
    } else if (container.integer("restartCount").value_or(0) > kManyRestarts) {
      const bool memory = last.string("reason") == "OOMKilled";
      out.warning({.about = about,
                   .found = fmt::format("restarted {} times, the last time for {}{}",
                                        container.integer("restartCount").value_or(0), last.string("reason"),
                                        last_words(last)),
                   .cause = memory ? "it uses more memory than its limit" : "",
                   .remedy = memory ? "raise the limit of memory" : "read its last words",
                   .command = fmt::format("kubectl logs -n {} {} --previous", picture.names.ns, name)});
    }
  }
}

}  // namespace

bool has_labels(const ObjectView& wanted, const ObjectView& labels) {
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

void tell_rollout(const ObjectView& deployment, const ClusterPicture& picture, Findings& out) {
  for (const ObjectView c : deployment.object("status").list("conditions")) {
    const std::string_view type = c.string("type");
    const bool bad = (type == "ReplicaFailure" && c.string("status") == "True") ||
                     (type == "Progressing" && c.string("status") == "False");
    if (!bad) continue;
    out.error({.about = deployment_name(deployment),
               .found = fmt::format("{}: {}", c.string("reason"), c.string("message")),
               .cause = "its Pods are not admitted or do not become ready",
               .remedy = "mend what the message names: a quota, Pod security, the image",
               .command = fmt::format("kubectl describe replicaset -n {} -l app.kubernetes.io/name={}",
                                      picture.names.ns, deployment.object("metadata").string("name"))});
  }
}

void tell_pods(const ObjectView& deployment, const ClusterPicture& picture, Findings& out) {
  const ObjectView selector = deployment.object("spec").object("selector").object("matchLabels");
  for (const Value* pod : picture.all(kube::kPods, picture.names.ns)) {
    const ObjectView view(pod);
    if (has_labels(selector, view.object("metadata").object("labels"))) check_pod(view, picture, out);
  }
}

}  // namespace modelgate::cli
