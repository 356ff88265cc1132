// SPDX-License-Identifier: Apache-2.0
#include "workload/pod_trouble.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "workload/annotations.h"

namespace modelgate::workload {
namespace {

/// Reasons of the kubelet's for which a container never started.
constexpr std::array<std::string_view, 8> kCannotStart = {
    "ImagePullBackOff",  "ErrImagePull",         "InvalidImageName",           "ErrImageNeverPull",
    "RunContainerError", "CreateContainerError", "CreateContainerConfigError", "RegistryUnavailable"};

/// As much of a container's last words as a condition shows.
constexpr std::size_t kMaxLastWords = 1024;

spec::ObjectView condition(const spec::PodView& pod, std::string_view type) {
  for (const spec::ObjectView& c : pod.object("status").list("conditions")) {
    if (c.string("type") == type) return c;
  }
  return {};
}

PodTrouble from_scheduler(const spec::PodView& pod, const spec::ObjectView& scheduled) {
  return {.reason = "Unschedulable",
          .failure = "RuntimeUnhealthy",
          .message = fmt::format("Pod {}: {}", pod.metadata().name(), scheduled.string("message")),
          .pod = std::string(pod.metadata().name()),
          .time = std::string(scheduled.string("lastTransitionTime")),
          .may_pass = true};
}

/// A container that ended, now or before it was started anew.
PodTrouble from_end(const spec::PodView& pod, const spec::ObjectView& container,
                    const spec::ObjectView& ended, bool init) {
  const std::string_view said = ended.string("reason");
  const std::int64_t code = ended.integer("exitCode").value_or(0);
  const std::string_view words = ended.string("message").substr(0, kMaxLastWords);
  std::string reason(said == "OOMKilled" ? said : init ? "InitContainerFailed" : "ContainerFailed");
  return {
      .reason = std::move(reason),
      .failure = "ModelLoadFailed",
      .message = fmt::format("Pod {}: {} {} ended with exit code {}{}{}{}", pod.metadata().name(),
                             init ? "init container" : "container", container.string("name"), code,
                             said == "OOMKilled" ? " (out of memory)" : "", words.empty() ? "" : ": ", words),
      .pod = std::string(pod.metadata().name()),
      .exit_code = code,
      .time = std::string(ended.string("finishedAt"))};
}

std::optional<PodTrouble> from_container(const spec::PodView& pod, const spec::ObjectView& container,
                                         bool init) {
  const spec::ObjectView state = container.object("state");
  const spec::ObjectView waiting = state.object("waiting");
  const std::string_view reason = waiting.string("reason");
  if (std::ranges::find(kCannotStart, reason) != kCannotStart.end()) {
    return PodTrouble{.reason = std::string(reason),
                      .failure = "RuntimeUnhealthy",
                      .message = fmt::format("Pod {}: container {}: {}", pod.metadata().name(),
                                             container.string("name"), waiting.string("message")),
                      .pod = std::string(pod.metadata().name()),
                      .time = {}};
  }
  const spec::ObjectView before = container.object("lastState").object("terminated");
  if (reason == "CrashLoopBackOff") return from_end(pod, container, before, init);
  // One that runs again after it failed may have got over it, and may not: it counts until it is ready.
  const spec::ObjectView ended = state.object("terminated");
  if (ended && ended.integer("exitCode").value_or(0) != 0) return from_end(pod, container, ended, init);
  const bool up = container.boolean("ready").value_or(false);
  if (init && !up && state.has("running") && before.integer("exitCode").value_or(0) != 0)
    return from_end(pod, container, before, init);
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

std::optional<PodTrouble> trouble_of(const spec::PodView& pod) {
  const spec::ObjectView status = pod.object("status");
  const spec::ObjectView scheduled = condition(pod, "PodScheduled");
  if (scheduled.string("status") == "False") return from_scheduler(pod, scheduled);
  for (const bool init : {true, false}) {
    for (const spec::ObjectView& c : status.list(init ? "initContainerStatuses" : "containerStatuses")) {
      if (auto trouble = from_container(pod, c, init)) return trouble;
    }
  }
  if (status.string("phase") != "Failed") return std::nullopt;
  const std::string_view reason = status.string("reason");
  return PodTrouble{.reason = std::string(reason.empty() ? "PodFailed" : reason),
                    .failure = "RuntimeUnhealthy",
                    .message = fmt::format("Pod {}: {}", pod.metadata().name(), status.string("message")),
                    .pod = std::string(pod.metadata().name()),
                    .time = {}};
}

}  // namespace modelgate::workload
