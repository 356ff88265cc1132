// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/tally.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/doctor/report.h"
#include "cli/doctor/times.h"
#include "spec/inference_service.h"
#include "spec/text/rfc3339.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;
using std::chrono::sys_seconds;

/// Fits on a screen.
constexpr std::size_t kNamed = 5;
constexpr std::size_t kLongestReason = 200;

/// A busy reconciler needs some seconds; a new service gets its first status within one.
constexpr std::chrono::minutes kLate{1};

constexpr std::string_view kComponents[] = {"predictor", "transformer", "explainer"};

std::string reason_and_message(const ObjectView& condition) {
  const std::string_view reason = condition.string("reason");
  const std::string_view message = condition.string("message");
  if (reason.empty() || message.empty()) return std::string(reason.empty() ? message : reason);
  return fmt::format("{}: {}", reason, message);
}

/// The message of the condition Ready, else of the last failure, else of another condition that is not True.
std::string why_not_ready(const ObjectView& status) {
  const ObjectView ready = condition_of(status, "Ready");
  if (!ready) return "no condition Ready: its status was never written";
  std::string why = reason_and_message(ready);
  if (why.empty()) why = status.object("modelStatus").object("lastFailureInfo").string("message");
  for (const ObjectView c : status.list("conditions")) {
    if (!why.empty()) break;
    if (c.string("status") != "True") why = reason_and_message(c);
  }
  return shortened(why, kLongestReason);
}

bool has_failed(const ObjectView& status) {
  // KServe's CRD has no phase.
  const std::string_view transition = status.object("modelStatus").string("transitionStatus");
  return status.string("phase") == "Failed" || transition == "BlockedByFailedLoad" ||
         transition == "InvalidSpec";
}

void add_to(ServiceTally::Group& group, const ObjectView& metadata, std::string why) {
  ++group.count;
  if (group.first.size() >= kNamed) return;
  group.first.push_back({.ns = std::string(metadata.string("namespace")),
                         .name = std::string(metadata.string("name")),
                         .why = std::move(why)});
}

bool older(std::string_view time, sys_seconds now, std::chrono::seconds age) {
  const auto then = text::parse_rfc3339(time);
  return then && now - *then > age;
}

bool scales_by_collector(const ObjectView& component) {
  return std::ranges::any_of(component.object("autoScaling").list("metrics"), [](const ObjectView& metric) {
    return metric.string("type") == "PodMetric" &&
           metric.object("podmetric").object("metric").string("backend") == "opentelemetry";
  });
}

}  // namespace

bool is_outdated(const Value& service, sys_seconds now) {
  const spec::InferenceServiceView view(service);
  const ObjectView metadata = view.metadata();
  if (view.is_left_alone()) return false;
  if (!older(metadata.string("creationTimestamp"), now, kLate)) return false;
  return view.status().integer("observedGeneration").value_or(0) < metadata.integer("generation").value_or(0);
}

void ServiceTally::add(const Value& service, sys_seconds now) {
  const spec::InferenceServiceView view(service);
  const ObjectView metadata = view.metadata();
  const ObjectView status = view.status();
  ++all;
  if (metadata.has("deletionTimestamp")) {
    if (older(metadata.string("deletionTimestamp"), now, kStuckAfter)) add_to(deleting, metadata, {});
    return;
  }
  if (view.metadata().annotations().get(spec::kAutoscalerClassAnnotation) == "keda" &&
      status.string("deploymentMode") != spec::kKnativeMode) {
    add_to(keda, metadata, {});
    if (std::ranges::any_of(kComponents, [&](std::string_view component) {
          return scales_by_collector(view.spec().object(component));
        })) {
      add_to(collectors, metadata, {});
    }
  }
  if (is_outdated(service, now)) {
    add_to(outdated, metadata,
           fmt::format("generation {}, observed {}", metadata.integer("generation").value_or(0),
                       status.integer("observedGeneration").value_or(0)));
  }
  const ObjectView is_ready = condition_of(status, "Ready");
  if (is_ready.string("status") == "True") {
    ++ready;
  } else if (view.is_stopped()) {
    ++stopped;
  } else if (has_failed(status)) {
    add_to(failed, metadata, why_not_ready(status));
  } else if (older(is_ready ? is_ready.string("lastTransitionTime") : metadata.string("creationTimestamp"),
                   now, kStuckAfter)) {
    add_to(stuck, metadata, why_not_ready(status));
  } else {
    ++starting;
  }
}

}  // namespace modelgate::cli
