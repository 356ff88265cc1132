// SPDX-License-Identifier: Apache-2.0
#include "reconciler/status/service_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/view.h"
#include "workload/status/conditions.h"

namespace modelgate::reconciler {
namespace {

using defaulting::Candidate;
using defaulting::Selection;
using spec::ObjectView;

/// Conditions that report failures.
constexpr std::array<std::string_view, 5> kComponentConditions = {
    "PredictorReady", "TransformerReady", "ExplainerReady", "CanaryPredictorReady", "IngressReady"};

bool is(const ObjectView& status, std::string_view type, std::string_view value) {
  return condition_of(status, type).string("status") == value;
}

std::string failed_conditions(const ObjectView& status) {
  std::string out;
  for (const ObjectView& c : status.list("conditions")) {
    if (c.string("status") != "False" || c.string("severity") == "Info" || c.string("type") == "Ready")
      continue;
    out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", c.string("type"), c.string("message"));
  }
  return out.empty() ? std::string(condition_of(status, "Ready").string("message")) : out;
}

void add_readiness(const ObjectView& before, const ObjectView& after, std::vector<ServiceEvent>& out) {
  const bool was = is(before, "Ready", "True");
  if (!was && is(after, "Ready", "True"))
    out.push_back({false, "InferenceServiceReady", "the service is ready"});
  if (!was || !is(after, "Ready", "False")) return;
  if (is(after, "Stopped", "True")) return;
  out.push_back(
      {true, "InferenceServiceNotReady",
       fmt::format(
           "the service is no longer ready: {}{}", failed_conditions(after),
           is(after, workload::kPreviousVersion, "True") ? "; the previous version keeps serving" : "")});
}

void add_stop(const ObjectView& before, const ObjectView& after, std::vector<ServiceEvent>& out) {
  const bool was = is(before, "Stopped", "True");
  const bool now = is(after, "Stopped", "True");
  if (!was && now)
    out.push_back({false, "Stopped", "the service is stopped, as requested by its annotation"});
  if (was && is(after, "Stopped", "False"))
    out.push_back({false, "Resumed", "the service is no longer stopped"});
}

/// While a service starts, its conditions are False too: only failures are reported.
void add_failures(const ObjectView& before, const ObjectView& after, std::vector<ServiceEvent>& out) {
  if (after.string("phase") != "Failed") return;
  // KServe's CRD has no phase.
  const std::string_view phase = before.string("phase");
  const bool failed_before = phase == "Failed" || (phase.empty() && condition_of(before, "Ready"));
  bool reported = false;
  const auto report = [&](std::string_view type) {
    const ObjectView c = condition_of(after, type);
    const bool fails = c && c.string("status") != "True" && !c.string("reason").empty();
    const bool same = failed_before && condition_of(before, type).string("reason") == c.string("reason");
    if (!fails) return;
    reported = true;
    if (!same)
      out.push_back(
          {true, std::string(c.string("reason")), fmt::format("{}: {}", type, c.string("message"))});
  };
  for (const std::string_view type : kComponentConditions) {
    // IngressReady waits for the others, so it is reported only if they have not failed.
    if (type != "IngressReady" || !reported) report(type);
  }
  if (!reported) report("Ready");
}

std::string runtime_name(const ObjectView& status) {
  const std::string_view cluster = status.string("clusterServingRuntimeName");
  if (!cluster.empty()) return fmt::format("ClusterServingRuntime {}", cluster);
  const std::string_view own = status.string("servingRuntimeName");
  return own.empty() ? std::string() : fmt::format("ServingRuntime {}", own);
}

/// It supports the format in some version; other runtimes are not mentioned.
bool is_related(const Candidate& candidate, const Selection& selection) {
  return std::ranges::any_of(candidate.runtime->formats,
                             [&](const spec::Runtime::Format& f) { return f.name == selection.format; });
}

std::string_view origin_of(Selection::Source source) {
  switch (source) {
    case Selection::Source::kNamed:
      return "named by the service";
    case Selection::Source::kEarlier:
      return "chosen earlier";
    case Selection::Source::kNew:
    case Selection::Source::kNone:
      break;
  }
  return "chosen";
}

}  // namespace

std::vector<ServiceEvent> events_of(const spec::Value* before, const spec::Value& after) {
  std::vector<ServiceEvent> out;
  const ObjectView was(before);
  const ObjectView now(after);
  add_stop(was, now, out);
  add_failures(was, now, out);
  add_readiness(was, now, out);
  return out;
}

std::optional<ServiceEvent> runtime_event(const spec::Value* before, const spec::Value& after,
                                          const std::optional<Selection>& selection) {
  const std::string name = runtime_name(ObjectView(after));
  if (name.empty() || !selection || !selection->chosen || name == runtime_name(ObjectView(before)))
    return std::nullopt;
  std::string message =
      fmt::format("{} serves \"{}\", {}", name, selection->format, origin_of(selection->source));
  for (const Candidate& c : selection->candidates()) {
    if (c.verdict == Candidate::Verdict::kChosen || !is_related(c, *selection)) continue;
    message += fmt::format("; {} not: {}", c.runtime->name, c.reason());
  }
  return ServiceEvent{false, "RuntimeSelected", std::move(message)};
}

}  // namespace modelgate::reconciler
