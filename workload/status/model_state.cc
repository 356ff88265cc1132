// SPDX-License-Identifier: Apache-2.0
#include "workload/status/model_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/text/printable.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

/// KServe's reasons for a specification that cannot be realized; its enumeration has no others.
constexpr std::array<std::string_view, 4> kSpecReasons = {"RuntimeDisabled", "NoSupportingRuntime",
                                                          "RuntimeNotRecognized", "InvalidPredictorSpec"};

void set(ModelState& state, std::string_view target, std::string_view transition) {
  state.target = target;
  state.transition = transition;
}

PodTrouble failure_of(std::string_view reason, std::string message) {
  return {.reason = {}, .failure = reason, .message = std::move(message), .pod = {}, .time = {}};
}

std::string text_of(const Problem& problem) {
  return fmt::format("{}: {}", problem.path.to_string(), problem.text);
}

/// KServe does not report the model if the problem is not with its runtime.
void set_problem(ModelState& state, const Problem& problem, bool strict) {
  const bool known = std::ranges::find(kSpecReasons, problem.reason) != kSpecReasons.end();
  if (!known && !strict) return;
  set(state, "FailedToLoad", "InvalidSpec");
  state.failure = failure_of(known ? problem.reason : "InvalidPredictorSpec", text_of(problem));
}

/// Why Pods cannot be created although the service is valid.
std::optional<std::string> why_no_pods(const ModelEvidence& evidence) {
  if (!evidence.strict) return std::nullopt;
  return evidence.problem ? text_of(*evidence.problem) : evidence.no_pods;
}

spec::Value failure_info(const PodTrouble& failure, spec::Arena& arena) {
  ObjectBuilder out(arena);
  out.text("reason", failure.failure)
      .text_if_any("message", text::on_one_line(failure.message))
      .text_if_any("location", failure.pod);
  if (failure.exit_code != 0) out.number("exitCode", failure.exit_code);
  return out.text_if_any("time", failure.time).take();
}

}  // namespace

ModelState model_state(const ModelEvidence& evidence) {
  ModelState state{.active = evidence.active_before, .target = {}, .transition = {}};
  if (evidence.problem && !(evidence.strict && evidence.problem->transient)) {
    set_problem(state, *evidence.problem, evidence.strict);
    return state;
  }
  const auto failure = std::ranges::find(evidence.troubles, false, &PodTrouble::transient);
  state.observed = true;
  state.ready_copies = std::ranges::count_if(evidence.pods, is_ready);
  state.failed_copies = std::ranges::count(evidence.troubles, false, &PodTrouble::transient);
  if (auto why = why_no_pods(evidence)) state.failure = failure_of("RuntimeUnhealthy", std::move(*why));
  if (evidence.pods.empty()) {
    set(state, "Pending", "InProgress");
  } else if (failure != evidence.troubles.end()) {
    state.failure = *failure;
    set(state, "FailedToLoad", "BlockedByFailedLoad");
  } else if (is_fetching(evidence.pods.front())) {
    set(state, "Loading", "InProgress");
  } else if (evidence.ready && state.ready_copies > 0) {
    state.active = "Loaded";
    if (evidence.problem) {
      set(state, "Pending", "InProgress");
    } else {
      set(state, "Loaded", "UpToDate");
    }
  } else {
    set(state, "Pending", "InProgress");
  }
  return state;
}

spec::Value to_value(const ModelState& state, spec::Arena& arena) {
  ObjectBuilder out(arena);
  out.text("transitionStatus", state.transition);
  if (!state.target.empty()) {
    out.value("states", ObjectBuilder(arena)
                            .text("activeModelState", state.active)
                            .text("targetModelState", state.target)
                            .take());
  }
  if (state.observed) {
    ObjectBuilder copies(arena);
    copies.number("failedCopies", state.failed_copies);
    if (state.ready_copies > 0) copies.number("totalCopies", state.ready_copies);
    out.value("copies", copies.take());
  }
  if (state.failure) out.value("lastFailureInfo", failure_info(*state.failure, arena));
  return out.take();
}

}  // namespace modelgate::workload
