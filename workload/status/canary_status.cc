// SPDX-License-Identifier: Apache-2.0
#include "workload/status/canary_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "workload/children/route.h"
#include "workload/children/versions.h"
#include "workload/objects/object_builder.h"
#include "workload/status/component_state.h"
#include "workload/status/observed_component.h"
#include "workload/status/service_endpoints.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kCondition = "CanaryPredictorReady";

/// The first notice with the reason, as the state of the condition. KServe has no such reasons.
std::optional<ConditionState> notice_state(const StatusInput& input, std::string_view reason) {
  const auto it = std::ranges::find(input.wanted.problems, reason, &Problem::reason);
  if (!input.strict() || it == input.wanted.problems.end()) return std::nullopt;
  return ConditionState{"False", std::string(reason), fmt::format("{} {}", it->path.to_string(), it->text)};
}

/// KServe reports no model of a canary.
ModelState canary_model(const StatusInput& input, const ObservedComponent& parts,
                        const std::vector<PodTrouble>& troubles, bool ready) {
  if (!input.strict()) return {};
  return model_state({.pods = parts.copies,
                      .troubles = troubles,
                      .no_pods = why_no_pods(parts.deployments),
                      .ready = ready,
                      .active_before = ready ? "Loaded" : ""});
}

/// nullopt if no Pod is in trouble.
std::optional<ConditionState> trouble_state(const std::vector<PodTrouble>& troubles) {
  const PodTrouble* worst = worst_of(troubles);
  if (!worst) return std::nullopt;
  return ConditionState{"False", worst->reason, worst->message};
}

/// `missing`: the names of the canaries that do not serve. `why`: the reason of the first that has one of its own.
ConditionState canary_state(const StatusInput& input, const std::string& missing,
                            const std::optional<ConditionState>& why) {
  if (auto unsplit = notice_state(input, kTrafficNotSplit)) return std::move(*unsplit);
  if (const Problem* p = input.wanted.fatal(kCanary))
    return {"False", std::string(p->reason), fmt::format("{}: {}", p->path.to_string(), p->text)};
  if (auto waits = notice_state(input, kWaitsForStable); waits && missing.empty()) return std::move(*waits);
  if (missing.empty()) return {"True", "AllCanariesReady", "all canaries have available Pods"};
  if (why) return *why;
  return {"False", "CanariesNotReady", fmt::format("no Pod of {} is available", missing)};
}

}  // namespace

std::vector<CanaryStatus> canary_statuses(const StatusInput& input, Conditions& conditions) {
  std::vector<CanaryStatus> out;
  const auto canaries = input.service.spec().canary();
  if (canaries.empty()) {
    if (auto waits = notice_state(input, kWaitsForStable)) conditions.set(kCondition, std::move(*waits));
    return out;
  }
  std::string missing;
  std::optional<ConditionState> why;
  for (const spec::CanaryView& canary : canaries) {
    const std::string_view variant = canary.predictor().name();
    const std::string component = input.build.predictor(variant);
    const ObservedComponent parts = observed_component(input.observed, component);
    const std::vector<PodTrouble> troubles = parts.troubles();
    const bool available = has_available_pods(parts.deployments);
    const auto blocked = available ? unreachable(input.observed, component) : trouble_state(troubles);
    const bool ready = available && !blocked;
    if (!ready) missing += fmt::format("{}{}", missing.empty() ? "" : ", ", variant);
    if (!ready && !why) why = blocked;
    out.push_back({std::string(variant), ready, canary.traffic_percent().value_or(0),
                   canary_model(input, parts, troubles, available)});
  }
  conditions.set(kCondition, canary_state(input, missing, why));
  return out;
}

std::vector<CanaryStatus> stopped_canaries(const StatusInput& input, const ConditionState& stopped,
                                           Conditions& conditions) {
  std::vector<CanaryStatus> out;
  for (const spec::CanaryView& canary : input.service.spec().canary()) {
    out.push_back({std::string(canary.predictor().name()), false, canary.traffic_percent().value_or(0), {}});
  }
  if (!out.empty()) conditions.set(kCondition, stopped);
  return out;
}

spec::Value to_value(const std::vector<CanaryStatus>& canaries, spec::Arena& arena) {
  spec::Value out(rapidjson::kArrayType);
  for (const CanaryStatus& c : canaries) {
    out.PushBack(ObjectBuilder(arena)
                     .text("name", c.name)
                     .flag("ready", c.ready)
                     .number("trafficPercent", c.traffic_percent)
                     .value("modelStatus", to_value(c.model, arena))
                     .take(),
                 arena);
  }
  return out;
}

}  // namespace modelgate::workload
