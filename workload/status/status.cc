// SPDX-License-Identifier: Apache-2.0
#include "workload/status/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "workload/children/host.h"
#include "workload/children/route.h"
#include "workload/children/route_kind.h"
#include "workload/children/service_build.h"
#include "workload/children/versions.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/ports.h"
#include "workload/status/component_state.h"
#include "workload/status/model_state.h"
#include "workload/status/status_parts.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kStoppedReason = "Stopped";
constexpr std::string_view kReconcileFailed = "ReconcileFailed";
constexpr std::string_view kInvalidName = "InvalidName";

std::string_view ready_condition(std::string_view component) {
  if (component == kPredictor) return "PredictorReady";
  return component == kTransformer ? "TransformerReady" : "ExplainerReady";
}

class StatusBuild {
 public:
  StatusBuild(const Value& service, const Wanted& wanted, const ServiceContext& context,
              const Observed& observed, std::string_view now, spec::Arena& arena)
      : build_(service, context, arena),
        arena_(arena),
        service_(service),
        old_(service_.object("status")),
        wanted_(wanted),
        observed_(observed),
        now_(now) {}

  Value run() {
    const bool left_off = !build_.strict() && has_fatal();
    if (is_stopped()) {
      stop();
    } else {
      add_components();
      if (!predictor_is_invalid() || build_.strict()) add_canaries();
      add_ingress(left_off);
      if (!left_off) set("Stopped", {"False", "NotStopped", "the service is not stopped"});
      if (left_off) keep_conditions();
    }
    add_ready();
    if (!build_.strict() && !is_stopped()) settle_model();
    return assemble();
  }

 private:
  /// KServe does not come to stop what it cannot understand.
  bool is_stopped() const { return wanted_.stopped && (build_.strict() || !wanted_.fatal(kPredictor)); }

  void set(std::string_view type, State state) {
    const spec::ObjectView before = old_condition(type);
    // The kubelet tells in turns why an image cannot be pulled, and that it waits before it tries again.
    const bool only_waits = state.reason == "ImagePullBackOff" && state.message.contains("Back-off");
    if (only_waits && before.string("reason") == state.reason) state.message = before.string("message");
    conditions_[std::string(type)] = std::move(state);
  }
  State condition(std::string_view type) const {
    const auto it = conditions_.find(std::string(type));
    return it == conditions_.end() ? State{} : it->second;
  }

  bool has_fatal() const { return std::ranges::any_of(wanted_.problems, &Problem::is_fatal); }

  // Components.

  /// Nothing of it could be made: KServe never comes to look at its Deployment.
  bool predictor_is_invalid() const { return predictor_problem() != nullptr; }

  /// KServe makes canaries first, and gives up the stable predictor with them.
  const Problem* predictor_problem() const {
    const Problem* own = wanted_.fatal(kPredictor);
    return own || build_.strict() ? own : wanted_.fatal(kCanary);
  }

  void add_components() {
    for (const auto& [kind, name] : components_of(service_, build_.context.name_style)) {
      const Parts parts = parts_of(observed_, name);
      const Problem* problem = kind == kPredictor ? predictor_problem() : wanted_.fatal(kind);
      if (!build_.strict() && predictor_is_invalid() && kind != kPredictor) {
        add_url(kind, name, false);
        continue;
      }
      const std::vector<PodTrouble> troubles = parts.troubles();
      State state = problem ? state_of_invalid(kind, *problem, parts)
                            : state_of(parts.deployments, troubles, build_.strict());
      const PodTrouble* worst = worst_of(troubles);
      if (!state.is_true() && worst && !worst->may_pass) failed_ = true;
      if (state.is_true()) state.reason = ready_condition(kind);
      add_url(kind, name, state.is_true());
      if (kind == kPredictor) add_model(parts, troubles, problem, state.is_true());
      set(ready_condition(kind), std::move(state));
    }
  }

  /// What serves goes on serving, whatever its service says now. KServe, which leaves off there, leaves the
  /// condition as it was.
  State state_of_invalid(std::string_view kind, const Problem& problem, const Parts& parts) const {
    std::string text = fmt::format("{}: {}", problem.path.to_string(), problem.text);
    const bool was_ready = old_condition(ready_condition(kind)).string("status") == "True";
    if ((build_.strict() || was_ready) && has_available_pods(parts.deployments))
      return {"True", std::string(problem.reason), text};
    const bool unknown = !build_.strict() && kind == kPredictor && !came_to_objects(problem);
    return {unknown ? "Unknown" : "False", std::string(problem.reason), std::move(text)};
  }

  /// KServe tells of the predictor in its condition once it makes the predictor's objects, not before.
  bool came_to_objects(const Problem& problem) const {
    const bool is_theirs = problem.reason == kReconcileFailed || problem.reason == kInvalidName ||
                           problem.path.to_string() == "spec.predictor.workerSpec";
    return is_theirs && wanted_.fatal(kPredictor) == &problem;
  }

  void add_url(std::string_view kind, const std::string& name, bool ready) {
    std::string url(old_.object("components").object(kind).string("url"));
    if (ready) {
      // KServe's components are http, whatever the configured scheme.
      if (const auto host = host_of(build_, name)) url = fmt::format("http://{}", *host);
    }
    const bool made = !predictor_is_invalid() || build_.strict();
    if (made || !url.empty()) component_urls_.emplace_back(kind, std::move(url));
  }

  /// KServe says nothing of the stable model where a canary is wrong.
  void add_model(const Parts& parts, const std::vector<PodTrouble>& troubles, const Problem* problem,
                 bool ready) {
    if (problem && problem != wanted_.fatal(kPredictor)) {
      model_ = {.active = old_.object("modelStatus").object("states").string("activeModelState"),
                .target = {},
                .transition = {}};
      return;
    }
    model_ =
        model_state({.pods = parts.copies,
                     .troubles = troubles,
                     .problem = problem,
                     .no_pods = why_no_pods(parts.deployments),
                     .ready = ready,
                     .active_before = old_.object("modelStatus").object("states").string("activeModelState"),
                     .strict = build_.strict()});
  }

  /// KServe takes a model for loaded once the whole service is ready, the way to it included.
  void settle_model() {
    if (predictor_problem() || condition("Ready").is_true()) return;
    const Parts parts = parts_of(observed_, build_.predictor(service_.spec().predictor().name()));
    add_model(parts, parts.troubles(), nullptr, false);
  }

  // Canaries.

  void add_canaries() {
    const auto canaries = service_.spec().canary();
    if (canaries.empty()) {
      if (auto waits = told_as_notice(kWaitsForStable)) set("CanaryPredictorReady", std::move(*waits));
      return;
    }
    std::string missing;
    std::optional<PodTrouble> trouble;
    for (const spec::CanaryView& canary : canaries) {
      const std::string_view variant = canary.predictor().name();
      const Parts parts = parts_of(observed_, build_.predictor(variant));
      const std::vector<PodTrouble> troubles = parts.troubles();
      const bool ready = has_available_pods(parts.deployments);
      if (!ready) missing += fmt::format("{}{}", missing.empty() ? "" : ", ", variant);
      if (const PodTrouble* worst = worst_of(troubles); worst && !ready && !trouble) trouble = *worst;
      canaries_.push_back({std::string(variant), ready, canary.traffic_percent().value_or(0),
                           canary_model(parts, troubles, ready)});
    }
    set("CanaryPredictorReady", canary_state(missing, trouble));
  }

  /// KServe says nothing of a canary's model.
  ModelState canary_model(const Parts& parts, const std::vector<PodTrouble>& troubles, bool ready) const {
    if (!build_.strict()) return {};
    return model_state({.pods = parts.copies,
                        .troubles = troubles,
                        .no_pods = why_no_pods(parts.deployments),
                        .ready = ready,
                        .active_before = ready ? "Loaded" : ""});
  }

  State canary_state(const std::string& missing, const std::optional<PodTrouble>& trouble) const {
    if (auto unsplit = told_as_notice(kTrafficNotSplit)) return std::move(*unsplit);
    if (const Problem* p = wanted_.fatal(kCanary))
      return {"False", std::string(p->reason), fmt::format("{}: {}", p->path.to_string(), p->text)};
    if (auto waits = told_as_notice(kWaitsForStable); waits && missing.empty()) return std::move(*waits);
    if (missing.empty()) return {"True", "AllCanariesReady", "all canaries have Pods that are available"};
    if (trouble) return {"False", trouble->reason, trouble->message};
    return {"False", "CanariesNotReady", fmt::format("no Pod is available of {}", missing)};
  }

  /// KServe has no such reasons.
  std::optional<State> told_as_notice(std::string_view reason) const {
    const auto it = std::ranges::find(wanted_.problems, reason, &Problem::reason);
    if (!build_.strict() || it == wanted_.problems.end()) return std::nullopt;
    return State{"False", std::string(reason), fmt::format("{} {}", it->path.to_string(), it->text)};
  }

  // What leads there.

  bool no_route_is_wanted() const { return route_kind(build_) == RouteKind::kNone; }

  void add_ingress(bool left_off) {
    if (left_off && old_condition("IngressReady")) return;
    if (left_off)
      return set("IngressReady", {"Unknown", "NotReconciled", "the components could not all be made"});
    State state = ingress_state();
    if (state.is_true()) publish();
    set("IngressReady", std::move(state));
  }

  State ingress_state() {
    if (const Problem* p = wanted_.fatal(kIngress)) return {"False", std::string(p->reason), p->text};
    if (no_route_is_wanted()) return {"True", "NoRouteWanted", "the service is reached within the cluster"};
    if (build_.configuration.ingress.enable_gateway_api) return gateway_state();
    const bool transforms = static_cast<bool>(service_.spec().transformer());
    if (!condition("PredictorReady").is_true()) return not_created("Predictor", "Ingress");
    if (transforms && !condition("TransformerReady").is_true()) return not_created("Transformer", "Ingress");
    if (!transforms && service_.spec().explainer() && !condition("ExplainerReady").is_true())
      return not_created("Explainer", "Ingress");
    if (route_kind(build_) == RouteKind::kVirtualService)
      return {"True", "VirtualServiceCreated", "the VirtualService leads to the service"};
    return {"True", "IngressCreated", "the Ingress leads to the service"};
  }

  /// What was not come to is as it was.
  void keep_conditions() {
    for (const spec::ObjectView& c : old_.list("conditions")) {
      const std::string_view type = c.string("type");
      if (type == "Ready" || type.empty()) continue;
      conditions_.try_emplace(std::string(type), State{c.string("status"), std::string(c.string("reason")),
                                                       std::string(c.string("message"))});
    }
  }

  static State not_created(std::string_view component, std::string_view kind) {
    return {"False", fmt::format("{}NotReady", component),
            fmt::format("the {} is not made before the {} is ready", kind, component)};
  }

  State gateway_state() {
    auto names = components_of(service_, build_.context.name_style);
    names.front().second = build_.predictor({});  // of the route, which does not change its name
    names.emplace_back("service", build_.name);
    for (const auto& [kind, name] : names) {
      const auto route = std::ranges::find_if(observed_.http_routes, [&](const Value* r) {
        return spec::ObjectView(r).object("metadata").string("name") == name;
      });
      if (route == observed_.http_routes.end()) {
        return {"False", "HTTPRouteNotCreated",
                fmt::format("the HTTPRoute {} of the {} is not made yet", name, kind)};
      }
      if (auto refused = refusal(spec::ObjectView(*route), name)) return std::move(*refused);
    }
    return {"True", "HTTPRoutesAccepted", "the gateway accepted all HTTPRoutes"};
  }

  static std::optional<State> refusal(const spec::ObjectView& route, std::string_view name) {
    const auto parents = route.object("status").list("parents");
    if (parents.empty())
      return State{"False", "HTTPRouteNotReady",
                   fmt::format("no gateway has accepted the HTTPRoute {} yet", name)};
    for (const spec::ObjectView& parent : parents) {
      for (const spec::ObjectView& c : parent.list("conditions")) {
        if (c.string("status") != "False") continue;
        return State{"False", std::string(c.string("reason")),
                     fmt::format("HTTPRoute {}: {}", name, c.string("message"))};
      }
    }
    return std::nullopt;
  }

  void publish() {
    publish_url();
    const auto spec = service_.spec();
    const std::string entrance = spec.transformer() ? build_.transformer() : build_.predictor();
    address_ = fmt::format("http://{}", cluster_host(entrance, build_.namespace_));
    if (build_.configuration.service.service_cluster_ip_none)
      address_ += fmt::format(":{}", http_port_behind(entrance));
  }

  /// Without an address of the Service's own, requests reach the Pods' own port: the first that is not
  /// gRPC's.
  std::int64_t http_port_behind(std::string_view service) const {
    for (const WantedObject& o : wanted_.objects) {
      const spec::ObjectView object(o.object);
      if (object.string("kind") != "Service" || object.object("metadata").string("name") != service) continue;
      for (const spec::ObjectView& port : object.object("spec").list("ports")) {
        const std::string_view name = port.string("name");
        const bool grpc = name.contains("grpc") || name.contains("h2c") ||
                          port.string("appProtocol") == "kubernetes.io/h2c";
        if (const auto target = port.integer("targetPort"); !grpc && target && *target > 0) return *target;
      }
    }
    return kModelServerPort;
  }

  void publish_url() {
    const auto host = host_of(build_, build_.name);
    if (host) url_ = fmt::format("{}://{}", build_.configuration.ingress.url_scheme, *host);
  }

  /// Everything is gone that could be seen; only what is not there at all is not False.
  void stop() {
    const State stopped{"False", std::string(kStoppedReason), "the service is stopped"};
    for (const auto& [kind, name] : components_of(service_, build_.context.name_style))
      set(ready_condition(kind), stopped);
    set("Stopped", {"True", std::string(kStoppedReason), "the service is stopped"});
    if (build_.configuration.ingress.enable_gateway_api && no_route_is_wanted()) {
      set("IngressReady", {"True", "NoRouteWanted", "the service is reached within the cluster"});
      publish_url();
    } else if (knew_of_ingress()) {
      set("IngressReady", stopped);
    }
    stop_canaries(stopped);
  }

  /// With an Ingress KServe says nothing of it for a service that never ran.
  bool knew_of_ingress() const {
    return build_.strict() || build_.configuration.ingress.enable_gateway_api ||
           old_condition("IngressReady");
  }

  void stop_canaries(const State& stopped) {
    const auto canaries = service_.spec().canary();
    for (const spec::CanaryView& canary : canaries)
      canaries_.push_back(
          {std::string(canary.predictor().name()), false, canary.traffic_percent().value_or(0), {}});
    if (!canaries.empty()) set("CanaryPredictorReady", stopped);
  }

  /// The predictor and what leads to it: KServe's rule.
  void add_ready() {
    const State predictor = condition("PredictorReady");
    const State ingress = condition("IngressReady");
    for (const std::string_view status : {"False", "Unknown"}) {
      for (const State* s : {&predictor, &ingress}) {
        if (s->status == status) return set("Ready", *s);
      }
    }
    set("Ready", {"True", "InferenceServiceReady", "the predictor is ready, and requests reach it"});
  }

  // The document.

  Value assemble() {
    ObjectBuilder out(arena_);
    out.value("observedGeneration", Value(observed_generation()))
        .value("conditions", conditions())
        .text("deploymentMode", spec::kStandardMode)
        .value("modelStatus", model_status());
    add_runtime(out);
    if (!is_stopped()) keep_addresses();
    if (!address_.empty()) out.value("address", ObjectBuilder(arena_).text("url", address_).take());
    out.text_if_any("url", url_);
    if (!is_stopped() && !component_urls_.empty()) out.value("components", components());
    if (!canaries_.empty()) out.value("canaryStatuses", canary_statuses());
    if (const std::string_view word = phase(); !word.empty()) out.text("phase", word);
    return out.take();
  }

  /// What KServe says nothing of stays.
  Value model_status() const {
    const Value* before = spec::find(*service_.value(), "status");
    before = before ? spec::find(*before, "modelStatus") : nullptr;
    const bool says_nothing = !build_.strict() && !is_stopped() && predictor_is_invalid();
    if (says_nothing && before && model_.target.empty()) return spec::clone(*before, arena_);
    return to_value(model_, arena_);
  }

  std::int64_t observed_generation() const {
    const std::int64_t now = service_.metadata().integer("generation").value_or(0);
    return std::max(now, old_.integer("observedGeneration").value_or(0));
  }

  void keep_addresses() {
    if (url_.empty()) url_ = old_.string("url");
    if (address_.empty()) address_ = old_.object("address").string("url");
  }

  void add_runtime(ObjectBuilder& out) {
    const spec::Runtime* runtime = wanted_.runtime;
    if (!runtime) return;
    out.text(runtime->cluster_scoped ? "clusterServingRuntimeName" : "servingRuntimeName", runtime->name);
  }

  Value conditions() {
    Value out(rapidjson::kArrayType);
    for (const auto& [type, state] : conditions_) {
      ObjectBuilder c(arena_);
      c.text("type", type).text("status", state.status);
      const bool decides = type == "Ready" || type == "PredictorReady" || type == "IngressReady";
      if (!decides) c.text("severity", "Info");
      c.text_if_any("reason", state.reason).text_if_any("message", state.message);
      c.text("lastTransitionTime", transition_time(type, state.status));
      out.PushBack(c.take(), arena_);
    }
    return out;
  }

  std::string_view transition_time(std::string_view type, std::string_view status) const {
    const spec::ObjectView before = old_condition(type);
    const std::string_view since = before.string("lastTransitionTime");
    return before.string("status") == status && !since.empty() ? since : now_;
  }

  spec::ObjectView old_condition(std::string_view type) const {
    for (const spec::ObjectView& c : old_.list("conditions")) {
      if (c.string("type") == type) return c;
    }
    return {};
  }

  Value components() {
    ObjectBuilder out(arena_);
    for (const auto& [kind, url] : component_urls_) {
      out.value(kind, ObjectBuilder(arena_).text_if_any("url", url).take());
    }
    return out.take();
  }

  Value canary_statuses() {
    Value out(rapidjson::kArrayType);
    for (const Canary& c : canaries_) {
      out.PushBack(ObjectBuilder(arena_)
                       .text("name", c.name)
                       .flag("ready", c.ready)
                       .number("trafficPercent", c.percent)
                       .value("modelStatus", to_value(c.model, arena_))
                       .take(),
                   arena_);
    }
    return out;
  }

  /// Nothing for a stopped service: there is no word for it.
  std::string_view phase() {
    if (wanted_.stopped) return {};
    if (const Problem* p = predictor_problem(); p && p->is_failure()) return "Failed";
    if (condition("Ready").is_true()) return "Ready";
    if (std::ranges::any_of(wanted_.problems, &Problem::is_failure) || failed_ ||
        model_.target == "FailedToLoad")
      return "Failed";
    const bool any = std::ranges::any_of(observed_.pods, [](const Value* p) {
      const spec::PodView pod(p);
      return is_scheduled(pod) && !is_leaving(pod);
    });
    return any ? "Loading" : "Pending";
  }

  struct Canary {
    std::string name;
    bool ready;
    std::int64_t percent;
    ModelState model;
  };

  ServiceBuild build_;
  spec::Arena& arena_;
  spec::InferenceServiceView service_;
  spec::ObjectView old_;
  const Wanted& wanted_;
  const Observed& observed_;
  std::string_view now_;

  std::map<std::string, State> conditions_;  // sorted by type, as Knative's are
  std::vector<std::pair<std::string_view, std::string>> component_urls_;
  std::vector<Canary> canaries_;
  ModelState model_;
  /// A component is down, and what is wrong with its Pods does not pass.
  bool failed_ = false;
  std::string url_;
  std::string address_;
};

}  // namespace

Value build_status(const Value& service, const Wanted& wanted, const ServiceContext& context,
                   const Observed& observed, std::string_view now, spec::Arena& arena) {
  return StatusBuild(service, wanted, context, observed, now, arena).run();
}

}  // namespace modelgate::workload
