// SPDX-License-Identifier: Apache-2.0
#include "workload/status/status.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "workload/children/route_kind.h"
#include "workload/objects/object_builder.h"
#include "workload/status/canary_status.h"
#include "workload/status/component_status.h"
#include "workload/status/conditions.h"
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
      : input_(input), now_(now), arena_(arena), conditions_(input.old_status) {}

  Value run() {
    if (input_.is_stopped()) {
      stop();
    } else {
      observe();
    }
    add_ready();
    withdraw_loaded_model(input_, conditions_, components_);
    return assemble();
  }

 private:
  void observe() {
    components_ = component_status(input_, conditions_);
    if (!input_.predictor_problem() || input_.strict()) canaries_ = canary_statuses(input_, conditions_);
    if (input_.stops_at_problem()) {
      if (!conditions_.old("IngressReady"))
        conditions_.set("IngressReady", {"Unknown", "NotReconciled", "not all components could be created"});
      conditions_.retain_old();
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

  /// All observable objects are deleted. Only a route that never existed is not False.
  void stop() {
    const ConditionState stopped{"False", std::string(kStoppedReason), "the service is stopped"};
    for (const auto& [kind, name] : components_of(input_.service, input_.build.context.name_style))
      conditions_.set(ready_condition(kind), stopped);
    conditions_.set("Stopped", {"True", std::string(kStoppedReason), "the service is stopped"});
    const bool gateway_api = input_.build.configuration.ingress.enable_gateway_api;
    if (gateway_api && route_kind(input_.build) == RouteKind::kNone) {
      conditions_.set("IngressReady", no_route_wanted());
      url_ = external_url(input_);
    } else if (input_.strict() || gateway_api || conditions_.old("IngressReady")) {
      // With an Ingress, KServe does not set the condition for a service that never ran.
      conditions_.set("IngressReady", stopped);
    }
    canaries_ = stopped_canaries(input_, stopped, conditions_);
  }

  /// KServe's rule: the predictor and its route.
  void add_ready() {
    const ConditionState predictor = conditions_.get("PredictorReady");
    const ConditionState ingress = conditions_.get("IngressReady");
    for (const std::string_view status : {"False", "Unknown"}) {
      for (const ConditionState* s : {&predictor, &ingress}) {
        if (s->status == status) return conditions_.set("Ready", *s);
      }
    }
    conditions_.set("Ready", {"True", "InferenceServiceReady", "the predictor is ready and reachable"});
  }

  Value assemble() {
    ObjectBuilder out(arena_);
    out.value("observedGeneration", Value(observed_generation()))
        .value("conditions", conditions_.to_value(now_, arena_))
        .text("deploymentMode", spec::kStandardMode)
        .value("modelStatus", model_status());
    add_runtime(out);
    if (!input_.is_stopped()) retain_urls();
    if (!address_.empty()) out.value("address", ObjectBuilder(arena_).text("url", address_).take());
    out.text_if_any("url", url_);
    if (!input_.is_stopped() && !components_.urls.empty())
      out.value("components", component_urls(components_, arena_));
    if (!canaries_.empty()) out.value("canaryStatuses", to_value(canaries_, arena_));
    if (const std::string_view word = phase(); !word.empty()) out.text("phase", word);
    return out.take();
  }

  /// Where KServe does not change it, the old one.
  Value model_status() const {
    const Value* before = spec::find(*input_.service.value(), "status");
    before = before ? spec::find(*before, "modelStatus") : nullptr;
    const bool unchanged = !input_.strict() && !input_.is_stopped() && input_.predictor_problem();
    if (unchanged && before && components_.model.target.empty()) return spec::clone(*before, arena_);
    return to_value(components_.model, arena_);
  }

  /// Never decreases.
  std::int64_t observed_generation() const {
    const std::int64_t now = input_.service.metadata().integer("generation").value_or(0);
    return std::max(now, input_.old_status.integer("observedGeneration").value_or(0));
  }

  void retain_urls() {
    if (url_.empty()) url_ = input_.old_status.string("url");
    if (address_.empty()) address_ = input_.old_status.object("address").string("url");
  }

  void add_runtime(ObjectBuilder& out) {
    const spec::Runtime* runtime = input_.wanted.runtime;
    if (!runtime) return;
    out.text(runtime->cluster_scoped ? "clusterServingRuntimeName" : "servingRuntimeName", runtime->name);
  }

  /// Empty for a stopped service, which has no phase.
  std::string_view phase() const {
    if (input_.wanted.stopped) return {};
    if (const Problem* p = input_.predictor_problem(); p && p->is_failure()) return "Failed";
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
