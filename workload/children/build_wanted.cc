// SPDX-License-Identifier: Apache-2.0
#include "workload/children/build_wanted.h"

#include <fmt/format.h>

#include "workload/children/autoscaler.h"
#include "workload/children/canary.h"
#include "workload/children/collector.h"
#include "workload/children/component.h"
#include "workload/children/deployment.h"
#include "workload/children/explainer.h"
#include "workload/children/knative_route.h"
#include "workload/children/knative_service.h"
#include "workload/children/pod_parts.h"
#include "workload/children/predictor.h"
#include "workload/children/route.h"
#include "workload/children/service.h"
#include "workload/children/service_build.h"
#include "workload/children/template_pod.h"
#include "workload/children/transformer.h"
#include "workload/children/versions.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

spec::FieldPath predictor_path() {
  return spec::FieldPath{} / "spec" / "predictor";
}

/// Adds the objects of one component, in KServe's order. False if the build stops here.
bool add_component(ServiceBuild& build, std::optional<Component> component) {
  if (!component) return !build.stops_at_first_error();
  build.adding = component_at(component->kind, component->path);
  if (auto problem = check_component_name(component->name)) {
    build.fatal(component->kind, "InvalidName", spec::FieldPath{} / "metadata" / "name", std::move(*problem));
    return !build.stops_at_first_error();
  }
  const bool knative = build.context.knative;
  // Services and autoscalers have the labels of the Pods.
  if (!knative) component->labels["app"] = app_label(component->name);
  if (!render_injection(build, *component)) return !build.stops_at_first_error();
  if (!knative && !build.context.problems_only) write_pod_defaults(component->pod_spec, build.arena);
  if (!finish_pod(build, *component, component->pod_spec)) return !build.stops_at_first_error();
  if (knative) {
    add_knative_service(build, *component);
    return true;
  }
  add_services(build, *component);
  add_collector(build, *component);
  add_deployments(build, *component);
  add_autoscaler(build, *component);
  return !build.stops_at_first_error();
}

bool add_canaries(ServiceBuild& build, const spec::PredictorView& stable) {
  const auto canaries = build.service.spec().canary();
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    const spec::FieldPath path = (spec::FieldPath{} / "spec" / "canary")[i] / "predictor";
    const spec::Value merged = canary_predictor(canaries[i], stable, build.arena);
    auto component = build_predictor(build, spec::PredictorView(merged), path);
    if (component) component->scaling = {.min_replicas = build.versions.canaries[i].replicas};
    if (!add_component(build, std::move(component))) return false;
  }
  return true;
}

/// The service no longer describes these versions: their objects remain as they are.
void retain_retiring(ServiceBuild& build) {
  for (const PlannedVersion& v : build.versions.retiring) {
    build.retain({}, v.component);
    build.notice(kCanary, kWaitsForStable, spec::FieldPath{} / "spec" / "canary",
                 fmt::format("no longer has {}, which still serves until {} is ready", v.component,
                             build.versions.stable.component));
  }
  build.wanted.waits_for_status = build.versions.waits_for_status;
}

bool add_predictors(ServiceBuild& build) {
  const spec::PredictorView stable = build.service.spec().predictor();
  // The stable version is built first: labels that its runtime's server adds apply to all versions.
  auto component = build_predictor(build, stable, predictor_path());
  if (!component || build.context.knative) return add_component(build, std::move(component));
  build.versions = plan_versions(build);
  retain_retiring(build);
  component->scaling.min_replicas = build.versions.stable.replicas;
  if (!add_canaries(build, stable)) return false;
  return add_component(build, std::move(component));
}

void add_model_config(ServiceBuild& build) {
  spec::Value object = build.object("v1", "ConfigMap", model_config_name(build.name), build.labels, {});
  object.AddMember("data", ObjectBuilder(build.arena).text("models.json", "[]").take(), build.arena);
  build.add(std::move(object), true);
}

/// KServe leaves the Knative Service of a component that the service no longer has.
void retain_former_components(ServiceBuild& build) {
  if (build.strict()) return;
  const auto spec = build.service.spec();
  if (!spec.transformer()) build.retain("Service", build.transformer());
  if (!spec.explainer()) build.retain("Service", build.explainer());
}

void add_all(ServiceBuild& build) {
  if (build.context.knative) {
    check_initial_scale(build);
    retain_former_components(build);
  }
  if (serves_many_models(build.service.spec().predictor())) add_model_config(build);
  if (build.stopped()) {
    // For the runtime and the problems.
    build_predictor(build, build.service.spec().predictor(), predictor_path());
    return;
  }
  if (!add_predictors(build)) return;
  if (build.service.spec().transformer() && !add_component(build, build_transformer(build))) return;
  if (build.service.spec().explainer() && !add_component(build, build_explainer(build))) return;
  build.adding = kIngress;
  if (build.wanted.fatal(kPredictor)) return;
  build.context.knative ? add_knative_route(build) : add_routes(build);
}

}  // namespace

Wanted build_wanted(const spec::Value& service, const ServiceContext& context, spec::Arena& arena) {
  ServiceBuild build(service, context, arena);
  add_all(build);
  return std::move(build.wanted);
}

}  // namespace modelgate::workload
