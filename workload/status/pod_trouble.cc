// SPDX-License-Identifier: Apache-2.0
#include "workload/status/pod_trouble.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/text/utf8.h"
#include "workload/objects/annotations.h"

namespace modelgate::workload {
namespace {

/// The kubelet's reasons for a container that never started, and the reason to report: the kubelet alternates
/// between the first two.
struct Waiting {
  std::string_view reason;
  std::string_view reported = reason;
};
constexpr Waiting kCannotStart[] = {{"ImagePullBackOff"},          {"ErrImagePull", "ImagePullBackOff"},
                                    {"InvalidImageName"},          {"ErrImageNeverPull"},
                                    {"ImageInspectError"},         {"RegistryUnavailable"},
                                    {"SignatureValidationFailed"}, {"CreateContainerConfigError"},
                                    {"CreateContainerError"},      {"RunContainerError"},
                                    {"PreStartHookError"},         {"PostStartHookError"}};

/// Reasons for the end of a container that never ran: its command does not exist.
constexpr std::string_view kNeverRan[] = {"StartError", "ContainerCannotRun"};

/// Bytes of a termination message in a condition. The end of the message is shown: it usually has the cause.
constexpr std::size_t kMaxTerminationMessageBytes = 1024;

std::string shortened(std::string_view words) {
  while (!words.empty() && (words.back() == '\n' || words.back() == ' ')) words.remove_suffix(1);
  if (words.size() <= kMaxTerminationMessageBytes) return std::string(words);
  return fmt::format("...{}", text::end_of(words, kMaxTerminationMessageBytes));
}

spec::ObjectView condition(const spec::PodView& pod, std::string_view type) {
  for (const spec::ObjectView& c : pod.object("status").list("conditions")) {
    if (c.string("type") == type) return c;
  }
  return {};
}

PodTrouble from_scheduler(const spec::PodView& pod, const spec::ObjectView& scheduled) {
  const std::string_view reason = scheduled.string("reason");
  return {.reason = std::string(reason.empty() ? "Unschedulable" : reason),
          .failure = "RuntimeUnhealthy",
          .message = fmt::format("Pod {}: {}", pod.metadata().name(), scheduled.string("message")),
          .pod = std::string(pod.metadata().name()),
          .time = std::string(scheduled.string("lastTransitionTime")),
          .transient = true};
}

/// A container that ended, now or before its last restart.
PodTrouble from_end(const spec::PodView& pod, const spec::ObjectView& container,
                    const spec::ObjectView& ended, bool init) {
  const std::string_view reason = ended.string("reason");
  const bool out_of_memory = reason == "OOMKilled";
  const bool never_ran = std::ranges::find(kNeverRan, reason) != std::end(kNeverRan);
  const std::int64_t code = ended.integer("exitCode").value_or(0);
  const std::string words = shortened(ended.string("message"));
  const std::string_view otherwise = init ? "InitContainerFailed" : "ContainerFailed";
  return {.reason = std::string(out_of_memory || never_ran ? reason : otherwise),
          .failure = never_ran ? "RuntimeUnhealthy" : "ModelLoadFailed",
          .message = fmt::format("Pod {}: {} {} ended with exit code {}{}{}{}", pod.metadata().name(),
                                 init ? "init container" : "container", container.string("name"), code,
                                 out_of_memory ? " (out of memory)" : "", words.empty() ? "" : ": ", words),
          .pod = std::string(pod.metadata().name()),
          .exit_code = code,
          .time = std::string(ended.string("finishedAt"))};
}

/// The cause in a message of the kubelet, which since Kubernetes 1.32 appends it to the message that it backs
/// off.
std::string_view why_no_image(std::string_view message) {
  constexpr std::string_view kCause = "ErrImagePull: ";
  const std::size_t at = message.find(kCause);
  return at == std::string_view::npos ? message : message.substr(at + kCause.size());
}

PodTrouble from_waiting(const spec::PodView& pod, const spec::ObjectView& container, std::string_view reason,
                        bool init) {
  const std::string_view why = why_no_image(container.object("state").object("waiting").string("message"));
  return {.reason = std::string(reason),
          .failure = "RuntimeUnhealthy",
          .message =
              fmt::format("Pod {}: {} {}: {}", pod.metadata().name(), init ? "init container" : "container",
                          container.string("name"), why.empty() ? reason : why),
          .pod = std::string(pod.metadata().name()),
          .time = {}};
}

/// Its containers run, and a readiness probe or gate has not succeeded yet, or no longer does. Or its node is lost: then
/// the node controller sets Ready alone to False, and gives no reason.
std::optional<PodTrouble> from_readiness(const spec::PodView& pod) {
  const spec::ObjectView ready = condition(pod, "Ready");
  const bool runs = pod.object("status").string("phase") == "Running";
  if (!runs || ready.string("status") != "False") return std::nullopt;
  std::string why(ready.string("message"));
  const bool lost = why.empty() && condition(pod, "ContainersReady").string("status") == "True";
  if (lost) why = fmt::format("the node {} is not ready", pod.spec().string("nodeName"));
  if (why.empty()) return std::nullopt;
  return PodTrouble{.reason = lost ? "NodeNotReady" : std::string(ready.string("reason")),
                    .failure = "RuntimeUnhealthy",
                    .message = fmt::format("Pod {}: {}", pod.metadata().name(), why),
                    .pod = std::string(pod.metadata().name()),
                    .time = std::string(ready.string("lastTransitionTime")),
                    .transient = true};
}

/// An init container may end with code 0; a server must not end.
bool is_bad_end(const spec::ObjectView& ended, bool init) {
  return ended && (!init || ended.integer("exitCode").value_or(0) != 0);
}

std::optional<PodTrouble> from_container(const spec::PodView& pod, const spec::ObjectView& container,
                                         bool init) {
  const spec::ObjectView state = container.object("state");
  const std::string_view reason = state.object("waiting").string("reason");
  if (const auto it = std::ranges::find(kCannotStart, reason, &Waiting::reason); it != std::end(kCannotStart))
    return from_waiting(pod, container, it->reported, init);
  const spec::ObjectView before = container.object("lastState").object("terminated");
  if (reason == "CrashLoopBackOff") {
    if (before) return from_end(pod, container, before, init);
    return from_waiting(pod, container, reason, init);
  }
  if (is_bad_end(state.object("terminated"), init))
    return from_end(pod, container, state.object("terminated"), init);
  // A container that runs again after a failure may fail again: it counts until it is ready, so that the
  // status does not change with each restart.
  const bool up = container.boolean("ready").value_or(false);
  if (!up && state.has("running") && is_bad_end(before, init)) return from_end(pod, container, before, init);
  return std::nullopt;
}

}  // namespace

bool is_ready(const spec::PodView& pod) {
  return pod.object("status").string("phase") == "Running" &&
         condition(pod, "Ready").string("status") == "True";
}

bool is_scheduled(const spec::PodView& pod) {
  return pod.spec().has("nodeName") || condition(pod, "PodScheduled").string("status") == "True";
}

bool is_fetching(const spec::PodView& pod) {
  for (const spec::ObjectView& c : pod.object("status").list("initContainerStatuses")) {
    if (c.string("name") == container::kStorageInitializer) return c.object("state").has("running");
  }
  return false;
}

bool is_terminating(const spec::PodView& pod) {
  return pod.metadata().deletion_timestamp().has_value();
}

const PodTrouble* worst_of(const std::vector<PodTrouble>& troubles) {
  if (troubles.empty()) return nullptr;
  const auto failure = std::ranges::find(troubles, false, &PodTrouble::transient);
  return failure == troubles.end() ? &troubles.front() : &*failure;
}

std::optional<PodTrouble> trouble_of(const spec::PodView& pod) {
  if (is_terminating(pod)) return std::nullopt;
  const spec::ObjectView status = pod.object("status");
  const spec::ObjectView scheduled = condition(pod, "PodScheduled");
  if (scheduled.string("status") == "False") return from_scheduler(pod, scheduled);
  // An evicted Pod has the reason itself; its containers ended as a consequence.
  const std::string_view reason = status.string("reason");
  const bool failed = status.string("phase") == "Failed";
  if (!failed || reason.empty()) {
    for (const bool init : {true, false}) {
      for (const spec::ObjectView& c : status.list(init ? "initContainerStatuses" : "containerStatuses")) {
        if (auto trouble = from_container(pod, c, init)) return trouble;
      }
    }
  }
  if (!failed) return from_readiness(pod);
  const std::string_view why = status.string("message");
  return PodTrouble{.reason = std::string(reason.empty() ? "PodFailed" : reason),
                    .failure = "RuntimeUnhealthy",
                    .message = fmt::format("Pod {}: {}", pod.metadata().name(),
                                           why.empty() ? "it failed without a message" : why),
                    .pod = std::string(pod.metadata().name()),
                    .time = {}};
}

}  // namespace modelgate::workload
