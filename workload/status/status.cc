// SPDX-License-Identifier: Apache-2.0
#include "workload/status/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "workload/children/route_hosts.h"
#include "workload/children/route_kind.h"
#include "workload/objects/object_builder.h"
#include "workload/status/canary_status.h"
#include "workload/status/component_status.h"
#include "workload/status/conditions.h"
#include "workload/status/knative_status.h"
#include "workload/status/observed_component.h"
#include "workload/status/pod_trouble.h"
#include "workload/status/route_status.h"
#include "workload/status/status_input.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kStoppedReason = "Stopped";

class StatusBuild {
 public:
  StatusBuild(const StatusInput& input, std::string_view now, spec::Arena& arena)
      : input_(input),
        now_(now),
        arena_(arena),
        conditions_(input.old_status),
        knative_(input, conditions_, arena) {}

  Value run() {
    if (input_.is_stopped()) {
      stop();
    } else if (is_knative()) {
      observe_knative();
    } else {
      observe();
    }
    add_ready();
    if (is_knative()) {
      if (!input_.is_stopped()) components_.model = knative_.model();
      return assemble();
    }
    if (!input_.is_stopped()) add_previous_version();
    withdraw_loaded_model(input_, conditions_, components_);
    return assemble();
  }

 private:
  void observe() {
    components_ = component_status(input_, conditions_);
    if (!input_.predictor_problem() || input_.strict()) canaries_ = canary_statuses(input_, conditions_);
    if (input_.stops_at_problem()) {
      retain_conditions();
      return;
    }
    ConditionState route = route_condition(input_, conditions_);
    if (route.is_true()) {
      url_ = external_url(input_);
      address_ = cluster_url(input_);
    }
    conditions_.set("IngressReady", std::move(route));
    conditions_.set("Stopped", {"False", "NotStopped", "the service is not stopped"});
  }

  bool is_knative() const { return input_.build.context.knative; }

  void observe_knative() {
    knative_.set_conditions();
    components_.failed = knative_.failed();
    url_ = knative_.url();
    address_ = knative_.address();
  }

  /// As in KServe; but a route that is no longer in use is not reported as ready.
  void retain_conditions() {
    const spec::ObjectView old = conditions_.old("IngressReady");
    if (!old)
      conditions_.set("IngressReady", {"Unknown", "NotReconciled", "not all components could be created"});
    ConditionState route = observed_route(input_);
    if (old.string("status") == "True" && !route.is_true()) conditions_.set("IngressReady", std::move(route));
    conditions_.retain_old();
  }

  /// All observable objects are deleted. Only a route that never existed is not False.
  void stop() {
    const ConditionState stopped{"False", std::string(kStoppedReason), "the service is stopped"};
    for (const auto& [kind, name] : components_of(input_.service, input_.build.context.name_style))
      conditions_.set(ready_condition(kind), stopped);
    conditions_.set("Stopped", {"True", std::string(kStoppedReason), "the service is stopped"});
    const bool gateway_api = input_.build.configuration.ingress.enable_gateway_api;
    if (gateway_api && !is_knative() && route_kind(input_.build) == RouteKind::kNone) {
      conditions_.set("IngressReady", no_route_wanted());
      url_ = external_url(input_);
    } else if (input_.strict() || gateway_api || is_knative() || conditions_.old("IngressReady")) {
      // With an Ingress, KServe does not set the condition for a service that never ran.
      conditions_.set("IngressReady", stopped);
    }
    canaries_ = stopped_canaries(input_, stopped, conditions_);
  }

  /// In Knative mode KServe waits for the predictor only. In Standard mode it does not wait for an explainer beside a transformer. Compatible reports no component that KServe did not
  /// come to.
  bool is_needed(std::string_view component) const {
    if (input_.strict() || component == kPredictor) return true;
    if (is_knative()) return false;
    if (component == kExplainer && input_.service.spec().transformer()) return false;
    return conditions_.has(ready_condition(component));
  }

  /// All components and the route, through which a request passes.
  void add_ready() {
    std::vector<std::string_view> needed;
    for (const auto& [kind, name] : components_of(input_.service, input_.build.context.name_style)) {
      if (is_needed(kind)) needed.push_back(ready_condition(kind));
    }
    needed.emplace_back("IngressReady");
    for (const std::string_view status : {"False", "Unknown"}) {
      for (const std::string_view type : needed) {
        ConditionState state = conditions_.get(type);
        if (state.status == status) return conditions_.set("Ready", std::move(state));
      }
    }
    conditions_.set("Ready", {"True", "InferenceServiceReady", "all components are ready and reachable"});
  }

  /// While the current generation cannot be applied, an earlier one that was Ready may continue to serve.
  void add_previous_version() {
    const bool existed =
        conditions_.old("Ready").string("status") == "True" || conditions_.old(kPreviousVersion);
    const bool blocked = std::ranges::any_of(input_.wanted.problems, [&](const Problem& p) {
      return p.is_fatal() && !p.component.empty() && p.component != kCanary && input_.blocks_generation(p);
    });
    if (!existed || !blocked || conditions_.get("Ready").is_true()) return;
    const ConditionState route = observed_route(input_);
    if (components_.serves && route.is_true())
      return conditions_.set(kPreviousVersion,
                             {"True", "PreviousVersionServes",
                              "the previous version keeps serving; the current one could not be "
                              "applied, see the condition Ready"});
    conditions_.set(
        kPreviousVersion,
        {"False", "PreviousVersionNotReady",
         route.is_true() ? "the previous version does not serve either: not all of its components are ready"
                         : fmt::format("the previous version does not serve either: {}", route.message)});
  }

  Value assemble() {
    ObjectBuilder out(arena_);
    out.value("observedGeneration", Value(observed_generation()))
        .value("conditions", conditions_.to_value(now_, arena_))
        .text("deploymentMode", is_knative() ? spec::kKnativeMode : spec::kStandardMode)
        .value("modelStatus", model_status());
    add_runtime(out);
    if (!input_.is_stopped()) retain_urls();
    if (!address_.empty()) out.value("address", ObjectBuilder(arena_).text("url", address_).take());
    out.text_if_any("url", url_);
    if (!input_.is_stopped()) add_components(out);
    if (!canaries_.empty()) out.value("canaryStatuses", to_value(canaries_, arena_));
    if (const std::string_view word = phase(); !word.empty()) out.text("phase", word);
    return out.take();
  }

  void add_components(ObjectBuilder& out) {
    Value components = is_knative() ? knative_.take_components() : component_urls(components_, arena_);
    if (!components.ObjectEmpty()) out.value("components", std::move(components));
  }

  /// Where KServe does not change it, the old one.
  Value model_status() const {
    if (is_knative() && !input_.strict() && !input_.is_stopped()) return knative_model_status();
    const Value* before = spec::find(*input_.service.value(), "status");
    before = before ? spec::find(*before, "modelStatus") : nullptr;
    const bool unchanged = !input_.strict() && !input_.is_stopped() && input_.predictor_problem();
    if (unchanged && before && components_.model.target.empty()) return spec::clone(*before, arena_);
    return to_value(components_.model, arena_);
  }

  /// KServe never removes the last failure.
  Value knative_model_status() const {
    const spec::ObjectView before = input_.old_status.object("modelStatus");
    if (components_.model.target.empty() && before) return spec::clone(*before.value(), arena_);
    Value out = to_value(components_.model, arena_);
    const spec::Value* failure = before.field("lastFailureInfo");
    if (failure && !spec::find(out, "lastFailureInfo"))
      spec::set_member(out, "lastFailureInfo", spec::clone(*failure, arena_), arena_);
    return out;
  }

  /// Never decreases.
  std::int64_t observed_generation() const {
    const std::int64_t now = input_.service.metadata().integer("generation").value_or(0);
    return std::max(now, input_.old_status.integer("observedGeneration").value_or(0));
  }

  void retain_urls() {
    const Problem* route = input_.wanted.fatal(kIngress);
    const bool has_no_host = route && route->reason == kHostTaken;
    if (url_.empty() && !has_no_host) url_ = input_.old_status.string("url");
    if (address_.empty()) address_ = input_.old_status.object("address").string("url");
  }

  void add_runtime(ObjectBuilder& out) {
    const spec::Runtime* runtime = input_.wanted.runtime;
    if (!runtime && is_knative() && !input_.strict()) {
      for (const std::string_view name : {"clusterServingRuntimeName", "servingRuntimeName"})
        out.text_if_any(name, input_.old_status.string(name));
    }
    if (!runtime) return;
    out.text(runtime->cluster_scoped ? "clusterServingRuntimeName" : "servingRuntimeName", runtime->name);
  }

  /// Empty for a stopped service, which has no phase.
  std::string_view phase() const {
    if (input_.is_stopped()) return {};
    if (conditions_.get("Ready").is_true()) return "Ready";
    if (std::ranges::any_of(input_.wanted.problems, &Problem::is_failure) || components_.failed ||
        components_.model.target == "FailedToLoad")
      return "Failed";
    const bool any = std::ranges::any_of(input_.observed.pods, [](const Value* p) {
      const spec::PodView pod(p);
      return is_scheduled(pod) && !is_terminating(pod);
    });
    return any ? "Loading" : "Pending";
  }

  const StatusInput& input_;
  std::string_view now_;
  spec::Arena& arena_;

  Conditions conditions_;
  KnativeStatus knative_;
  ComponentStatus components_;
  std::vector<CanaryStatus> canaries_;
  std::string url_;
  std::string address_;
};

}  // namespace

Value build_status(const Value& service, const Wanted& wanted, const ServiceContext& context,
                   const Observed& observed, std::string_view now, spec::Arena& arena) {
  const StatusInput input(service, wanted, context, observed, arena);
  return StatusBuild(input, now, arena).run();
}

}  // namespace modelgate::workload
