// SPDX-License-Identifier: Apache-2.0
#include "workload/status/component_status.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "workload/children/host.h"
#include "workload/children/route_kind.h"
#include "workload/objects/object_builder.h"
#include "workload/status/component_state.h"
#include "workload/status/observed_component.h"
#include "workload/status/service_endpoints.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kReconcileFailed = "ReconcileFailed";
constexpr std::string_view kAtRest =
    "scaled to zero, as minReplicas allows: requests are answered after it was scaled up";
constexpr std::string_view kInvalidName = "InvalidName";

class ComponentStatusBuild {
 public:
  ComponentStatusBuild(const StatusInput& input, Conditions& conditions)
      : input_(input), conditions_(conditions) {}

  ComponentStatus run() {
    for (const auto& [kind, name] : components_of(input_.service, input_.build.context.name_style)) {
      if (!input_.strict() && input_.predictor_problem() && kind != kPredictor) {
        retain(kind, name);
      } else {
        add(kind, name);
      }
    }
    return std::move(out_);
  }

 private:
  /// KServe leaves the condition as it was; but one that no longer serves is not reported as ready.
  void retain(std::string_view kind, const std::string& name) {
    add_url(kind, name, false);
    const std::string_view type = ready_condition(kind);
    if (conditions_.old(type).string("status") != "True") return;
    const ObservedComponent parts = observed_component(input_.observed, name);
    ConditionState state = state_of(parts.deployments, {}, true);
    const bool at_rest = is_at_rest(component_view(input_.service, kind), parts);
    if (state.is_true()) state = unreachable(input_.observed, name, at_rest).value_or(state);
    if (state.is_true()) return;
    conditions_.set(type, std::move(state));
  }

  void add(std::string_view kind, const std::string& name) {
    const ObservedComponent parts = observed_component(input_.observed, name);
    const Problem* problem = kind == kPredictor ? input_.predictor_problem() : input_.wanted.fatal(kind);
    const std::vector<PodTrouble> troubles = parts.troubles();
    const ConditionState pods = state_of(parts.deployments, troubles, input_.strict());
    const bool at_rest = is_at_rest(component_view(input_.service, kind), parts);
    const auto why = pods.is_true() ? unreachable(input_.observed, name, at_rest) : std::nullopt;
    out_.serves = out_.serves && pods.is_true() && !why;
    ConditionState state = problem ? state_of_invalid(kind, *problem, name) : why.value_or(pods);
    const PodTrouble* worst = worst_of(troubles);
    if (!state.is_true() && worst && !worst->transient) out_.failed = true;
    if (state.is_true()) state.reason = ready_condition(kind);
    if (state.is_true() && at_rest) state.message = kAtRest;
    add_url(kind, name, state.is_true());
    if (kind == kPredictor) add_model(parts, troubles, problem, pods.is_true());
    conditions_.set(ready_condition(kind), std::move(state));
  }

  /// Pods of the current generation continue to serve, e.g. when their runtime is deleted. KServe stops there and
  /// leaves the condition as it was.
  ConditionState state_of_invalid(std::string_view kind, const Problem& problem,
                                  const std::string& name) const {
    std::string text = fmt::format("{}: {}", problem.path.to_string(), problem.text);
    const bool was_ready = conditions_.old(ready_condition(kind)).string("status") == "True";
    const bool may_stay = (input_.strict() || was_ready) && !input_.blocks_generation(problem);
    if (may_stay && serves(input_.observed, name)) return {"True", std::string(problem.reason), text};
    const bool unknown = !input_.strict() && kind == kPredictor && !failed_while_creating(problem);
    return {unknown ? "Unknown" : "False", std::string(problem.reason), std::move(text)};
  }

  /// KServe sets the predictor's condition for problems with the predictor's objects, not for earlier ones.
  bool failed_while_creating(const Problem& problem) const {
    const bool is_of_objects = problem.refused || problem.reason == kReconcileFailed ||
                               problem.reason == kInvalidName ||
                               problem.path.to_string() == "spec.predictor.workerSpec";
    return is_of_objects && input_.wanted.fatal(kPredictor) == &problem;
  }

  void add_url(std::string_view kind, const std::string& name, bool ready) {
    std::string url(input_.old_status.object("components").object(kind).string("url"));
    if (ready) {
      // KServe's component URLs are http, whatever scheme is configured.
      if (auto now = url_of(kind, name)) url = std::move(*now);
    }
    const bool built = input_.strict() || !input_.predictor_problem();
    if (built || !url.empty()) out_.urls.emplace_back(kind, std::move(url));
  }

  /// Empty for a host of another service; nullopt for an invalid one.
  std::optional<std::string> url_of(std::string_view kind, const std::string& name) const {
    const ServiceBuild& build = input_.build;
    if (input_.strict() && is_cluster_local(build))
      return fmt::format("http://{}", cluster_host(name, build.namespace_));
    const auto host = host_of(build, route_name(kind, name));
    if (!host) return std::nullopt;
    return build.host_owner(*host).empty() ? fmt::format("http://{}", *host) : std::string();
  }

  /// The predictor's HTTPRoute has the same host for all of its versions. KServe's URL has the version's name.
  std::string route_name(std::string_view kind, const std::string& name) const {
    const bool stable =
        input_.strict() && kind == kPredictor && route_kind(input_.build) == RouteKind::kHttpRoute;
    return stable ? input_.build.predictor({}) : name;
  }

  /// KServe does not report the stable model if a canary is invalid.
  void add_model(const ObservedComponent& parts, const std::vector<PodTrouble>& troubles,
                 const Problem* problem, bool ready) {
    const std::string_view active =
        input_.old_status.object("modelStatus").object("states").string("activeModelState");
    if (problem && problem != input_.wanted.fatal(kPredictor)) {
      out_.model = {.active = active, .target = {}, .transition = {}};
      return;
    }
    out_.model = model_state({.pods = parts.copies,
                              .troubles = troubles,
                              .problem = problem,
                              .no_pods = why_no_pods(parts.deployments),
                              .ready = ready,
                              .active_before = active,
                              .strict = input_.strict()});
  }

  const StatusInput& input_;
  Conditions& conditions_;
  ComponentStatus out_;
};

}  // namespace

std::string_view ready_condition(std::string_view component) {
  if (component == kPredictor) return "PredictorReady";
  return component == kTransformer ? "TransformerReady" : "ExplainerReady";
}

ComponentStatus component_status(const StatusInput& input, Conditions& conditions) {
  return ComponentStatusBuild(input, conditions).run();
}

void withdraw_loaded_model(const StatusInput& input, const Conditions& conditions, ComponentStatus& status) {
  if (input.strict() || input.is_stopped()) return;
  if (input.predictor_problem() || conditions.get("Ready").is_true()) return;
  const ObservedComponent parts = observed_component(input.observed, input.build.predictor());
  status.model = model_state(
      {.pods = parts.copies,
       .troubles = parts.troubles(),
       .no_pods = why_no_pods(parts.deployments),
       .ready = false,
       .active_before = input.old_status.object("modelStatus").object("states").string("activeModelState"),
       .strict = false});
}

spec::Value component_urls(const ComponentStatus& status, spec::Arena& arena) {
  ObjectBuilder out(arena);
  for (const auto& [kind, url] : status.urls) {
    out.value(kind, ObjectBuilder(arena).text_if_any("url", url).take());
  }
  return out.take();
}

}  // namespace modelgate::workload
