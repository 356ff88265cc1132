// SPDX-License-Identifier: Apache-2.0
#include "workload/status/knative_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <utility>

#include "workload/children/host.h"
#include "workload/children/knative_route.h"
#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"
#include "workload/status/knative_revisions.h"
#include "workload/status/observed_component.h"

namespace modelgate::workload {
namespace {

using spec::ObjectView;
using spec::Value;

constexpr std::string_view kReconcileFailed = "ReconcileFailed";

/// The conditions of a component. KServe's name for the explainer's route differs.
struct ComponentConditions {
  std::string_view kind, ready, route, configuration, title;
};
constexpr std::array<ComponentConditions, 3> kConditionsOf = {{
    {kPredictor, "PredictorReady", "PredictorRouteReady", "PredictorConfigurationReady", "Predictor"},
    {kTransformer, "TransformerReady", "TransformerRouteReady", "TransformerConfigurationReady",
     "Transformer"},
    {kExplainer, "ExplainerReady", "ExplainerRoutesReady", "ExplainerConfigurationReady", "Explainer"},
}};

const ComponentConditions& conditions_of(std::string_view kind) {
  return *std::ranges::find(kConditionsOf, kind, &ComponentConditions::kind);
}

/// The status of the component's Knative Service; absent if it does not exist, or has none yet.
ObjectView status_of(const Observed& observed, std::string_view name) {
  for (const Value* service : observed.knative_services) {
    const ObjectView view(service);
    if (view.object("metadata").string("name") == name) return view.object("status");
  }
  return {};
}

ConditionState state_of(const ObjectView& status, std::string_view type) {
  const ObjectView condition = condition_of(status, type);
  if (!condition) return {"Unknown", "KnativeServiceNotReady", "the Knative Service has no status yet"};
  const std::string_view text = condition.string("status");
  const std::string_view known = text == "True" ? "True" : text == "False" ? "False" : "Unknown";
  return {known, std::string(condition.string("reason")), std::string(condition.string("message"))};
}

/// Whether requests to the component are answered.
ConditionState readiness(const ObjectView& status, bool strict) {
  ConditionState state = state_of(status, "Ready");
  if (!strict || state.is_true() || !state_of(status, "RoutesReady").is_true()) return state;
  return {"True", "PreviousRevisionServes",
          state.message.empty() ? std::string("the latest revision is not ready yet") : state.message};
}

/// The Pods of the latest revision, newest first.
ObservedComponent pods_of(const Observed& observed, std::string_view revision) {
  ObservedComponent out;
  if (revision.empty()) return out;
  for (const Value* p : observed.pods) {
    const spec::PodView pod(p);
    if (pod.metadata().labels().get(label::kKnativeRevision) == revision && !is_terminating(pod))
      out.pods.push_back(pod);
  }
  std::ranges::sort(out.pods, std::greater{}, [](const spec::PodView& p) {
    return std::pair(p.metadata().creation_timestamp(), p.metadata().name());
  });
  out.copies = out.pods;
  return out;
}

/// "m.example.com" of "http://m.example.com".
std::string_view host_in(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find('/'));
}

/// By the Knative Service while it is Ready, else as it was.
std::string_view url_of(const ObjectView& old_entry, const ObjectView& status) {
  const bool ready = condition_of(status, "Ready").string("status") == "True";
  return ready && status.has("url") ? status.string("url") : old_entry.string("url");
}

const Value* find_named(const std::vector<const Value*>& objects, std::string_view name) {
  const auto it = std::ranges::find_if(
      objects, [&](const Value* o) { return ObjectView(o).object("metadata").string("name") == name; });
  return it == objects.end() ? nullptr : *it;
}

}  // namespace

ReadyComponents knative_ready(const Value& service, const spec::Configuration& configuration,
                              const Observed& observed, NameStyle style) {
  const spec::InferenceServiceView view(service);
  const bool strict = configuration.modelgate.strict();
  ReadyComponents out;
  for (const auto& [kind, name] : components_of(view, style)) {
    const ObjectView status = status_of(observed, name);
    bool& up = kind == kPredictor ? out.predictor : kind == kTransformer ? out.transformer : out.explainer;
    up = readiness(status, strict).is_true();
    if (kind == entrance_kind(view))
      out.entrance_host = host_in(url_of(view.status().object("components").object(kind), status));
  }
  return out;
}

KnativeStatus::KnativeStatus(const StatusInput& input, Conditions& conditions, spec::Arena& arena)
    : input_(input), conditions_(conditions), arena_(arena) {
  const ObjectView before = input.old_status.object("components");
  if (!input.strict() && before) components_ = spec::clone(*before.value(), arena);
}

void KnativeStatus::set_conditions() {
  bool complete = true;
  for (const auto& [kind, name] : components_of(input_.service, input_.build.context.name_style)) {
    complete = add_component(kind, name) && complete;
    if (!complete && !input_.strict()) break;
  }
  if (complete || input_.strict()) {
    add_joint_condition("RoutesReady", true);
    add_joint_condition("LatestDeploymentReady", false);
    conditions_.set("Stopped", {"False", "NotStopped", "the service is not stopped"});
    set_urls();
    conditions_.set("IngressReady", ingress());
  }
  if (input_.strict()) return;
  conditions_.retain_old();
  for (const std::string_view type : {"PredictorReady", "IngressReady"}) {
    if (!conditions_.has(type))
      conditions_.set(type, {"Unknown", "NotReconciled", "not all components could be created"});
  }
}

/// False if the component was not created, where KServe stops.
bool KnativeStatus::add_component(std::string_view kind, const std::string& name) {
  const ComponentConditions& types = conditions_of(kind);
  const ObjectView status = status_of(input_.observed, name);
  const ObjectView before = input_.old_status.object("components").object(kind);
  const Problem* problem = input_.wanted.fatal(kind);
  if (problem && !problem->refused && !input_.strict()) return false;
  Value entry =
      problem && !input_.strict() ? revisions_of(before, {}, arena_) : revisions_of(before, status, arena_);
  spec::set_member(components_, kind, std::move(entry), arena_);
  const std::vector<PodTrouble> troubles =
      pods_of(input_.observed, status.string("latestCreatedRevisionName")).troubles();
  const PodTrouble* worst = worst_of(troubles);
  ConditionState state = readiness(status, input_.strict());
  if (!state.is_true() && worst) {
    state.reason = worst->reason;
    state.message = worst->message;
    if (!worst->transient) {
      failed_ = true;
      if (input_.strict()) state.status = "False";
    }
  }
  if (problem) {
    const bool serves = input_.strict() && state.is_true() && !input_.blocks_generation(*problem);
    state = {serves ? "True" : "False",
             std::string(problem->refused && !input_.strict() ? kReconcileFailed : problem->reason),
             fmt::format("{}: {}", problem->path.to_string(), problem->text)};
  }
  if (state.is_true() && state.reason.empty()) state.reason = types.ready;
  conditions_.set(types.ready, std::move(state));
  if (problem && !input_.strict()) return false;
  for (const auto& [type, of_knative] :
       {std::pair(types.route, std::string_view("RoutesReady")),
        std::pair(types.configuration, std::string_view("ConfigurationsReady"))}) {
    if (!condition_of(status, of_knative)) continue;
    ConditionState part = state_of(status, of_knative);
    if (part.is_true() && part.reason.empty()) part.reason = type;
    conditions_.set(type, std::move(part));
  }
  return !problem;
}

/// As in KServe, the last component that is not ready counts.
void KnativeStatus::add_joint_condition(std::string_view type, bool routes) {
  ConditionState joint{"True", std::string(type), {}};
  for (const auto& [kind, name] : components_of(input_.service, input_.build.context.name_style)) {
    const ComponentConditions& types = conditions_of(kind);
    const std::string_view part = routes ? types.route : types.configuration;
    const ConditionState state = conditions_.get(part);
    if (state.is_true()) continue;
    joint = {state.status, fmt::format("{}NotReady", part), fmt::format("{} is {}", part, state.status)};
  }
  conditions_.set(type, std::move(joint));
}

void KnativeStatus::set_urls() {
  const ServiceBuild& build = input_.build;
  const auto& configured = build.configuration.ingress;
  const std::string_view kind = entrance_kind(input_.service);
  const std::string entrance = kind == kTransformer ? build.transformer() : build.predictor();
  const std::string_view own(ObjectView(components_).object(kind).string("url"));
  if (own.empty()) return;
  const bool has_own_host = has_virtual_host(build);
  const std::string host =
      has_own_host ? knative_service_host(build, host_in(own)) : std::string(host_in(own));
  const auto path = path_of(build);
  if (path && !path->empty()) {
    url_ = fmt::format("{}://{}{}", configured.url_scheme, configured.ingress_domain, *path);
  } else {
    url_ = fmt::format("{}://{}", configured.url_scheme, host);
  }
  address_ = fmt::format("http://{}", cluster_host(has_own_host ? build.name : entrance, build.namespace_));
}

ConditionState KnativeStatus::ingress() const {
  if (const Problem* p = input_.wanted.fatal(kIngress)) return {"False", std::string(p->reason), p->text};
  const bool strict = input_.strict();
  if (!strict && !url_.empty()) return {"True", "IngressReady", {}};
  for (const auto& [kind, name] : components_of(input_.service, input_.build.context.name_style)) {
    const ComponentConditions& types = conditions_of(kind);
    const ConditionState state = conditions_.get(types.ready);
    if (state.is_true()) continue;
    return {state.status, fmt::format("{}NotReady", types.title),
            fmt::format("the route is created when the {} is ready", kind)};
  }
  if (url_.empty()) return {"Unknown", "NoUrl", "Knative has not published the URL yet"};
  if (has_virtual_host(input_.build) && !find_named(input_.observed.virtual_services, input_.build.name)) {
    return {"False", "VirtualServiceNotCreated",
            fmt::format("the VirtualService {} does not exist yet", input_.build.name)};
  }
  return {"True", "IngressReady", "the route leads to the first component"};
}

/// In Compatible the model is loaded only once the service is ready.
ModelState KnativeStatus::model() const {
  const ObjectView status = status_of(input_.observed, input_.build.predictor());
  const std::string_view latest = status.string("latestCreatedRevisionName");
  const ObservedComponent parts = pods_of(input_.observed, latest);
  const std::vector<PodTrouble> troubles = parts.troubles();
  const bool is_latest = latest == status.string("latestReadyRevisionName");
  const std::string_view needed = input_.strict() ? "PredictorReady" : "Ready";
  const bool ready = is_latest && conditions_.get(needed).is_true();
  const std::string_view active =
      input_.old_status.object("modelStatus").object("states").string("activeModelState");
  const Problem* problem = input_.wanted.fatal(kPredictor);
  ModelState out = model_state({.pods = parts.copies,
                                .troubles = troubles,
                                .problem = problem,
                                .ready = ready,
                                .active_before = active,
                                .strict = input_.strict()});
  if (problem || !parts.pods.empty()) return out;
  const bool failed = std::ranges::any_of(status.list("conditions"),
                                          [](const ObjectView& c) { return c.string("status") == "False"; });
  if (failed) {
    out.target = "FailedToLoad";
    out.transition = "BlockedByFailedLoad";
  } else if (input_.strict() && ready) {
    out.active = out.target = "Standby";  // scaled to zero
    out.transition = "UpToDate";
  }
  return out;
}

}  // namespace modelgate::workload
