// SPDX-License-Identifier: Apache-2.0
#include "workload/children/deployment.h"

#include <utility>

#include "workload/children/autoscaler.h"
#include "workload/children/pod_parts.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

using spec::Value;

// The API server's defaults, which KServe writes out.
constexpr int kRevisionHistoryLimit = 10;
constexpr int kProgressDeadlineSeconds = 600;

Value rolling_update(std::string_view max_unavailable, std::string_view max_surge, spec::Arena& arena) {
  return ObjectBuilder(arena)
      .text("type", "RollingUpdate")
      .value("rollingUpdate",
             ObjectBuilder(arena).text("maxUnavailable", max_unavailable).text("maxSurge", max_surge).take())
      .take();
}

/// The service's own strategy, else the configured one. As in KServe, the configured one applies only if
/// Standard is the default mode.
void set_strategy(ServiceBuild& build, const Scaling& scaling, Value& deployment_spec) {
  spec::Arena& arena = build.arena;
  if (const Value* own = scaling.deployment_strategy.value()) {
    deployment_spec.AddMember("strategy", spec::clone(*own, arena), arena);
    return;
  }
  std::string_view unavailable = "25%";
  std::string_view surge = "25%";
  const auto& deploy = build.configuration.deploy;
  if (deploy.default_deployment_mode == spec::kStandardMode) {
    if (!deploy.max_unavailable.empty()) unavailable = deploy.max_unavailable;
    if (!deploy.max_surge.empty()) surge = deploy.max_surge;
  }
  deployment_spec.AddMember("strategy", rolling_update(unavailable, surge, arena), arena);
  deployment_spec.AddMember("revisionHistoryLimit", kRevisionHistoryLimit, arena);
  deployment_spec.AddMember("progressDeadlineSeconds", kProgressDeadlineSeconds, arena);
}

struct Pods {
  std::string_view name;
  const StringMap& labels;
  const StringMap& annotations;
  const StringMap& pod_annotations;
  std::string app;
  const spec::FieldPath path;
};

/// The spec without strategy and replicas.
Value deployment_spec(ServiceBuild& build, const Pods& pods, Value pod_spec) {
  spec::Arena& arena = build.arena;
  ObjectBuilder named(arena);
  if (!build.context.problems_only) {
    named.text("name", pods.name)
        .text("namespace", build.namespace_)
        .value("labels", to_value(pods.labels, arena));
  }
  Value metadata = named.take();
  if (!pods.pod_annotations.empty())
    metadata.AddMember("annotations", to_value(pods.pod_annotations, arena), arena);
  return ObjectBuilder(arena)
      .value(
          "selector",
          ObjectBuilder(arena).value("matchLabels", ObjectBuilder(arena).text("app", pods.app).take()).take())
      .value("template", ObjectBuilder(arena)
                             .value("metadata", std::move(metadata))
                             .value("spec", std::move(pod_spec))
                             .take())
      .take();
}

void add(ServiceBuild& build, const Pods& pods, Value deployment_spec) {
  Value object = build.object("apps/v1", "Deployment", pods.name, pods.labels, pods.annotations);
  object.AddMember("spec", std::move(deployment_spec), build.arena);
  build.add(std::move(object));
  build.wanted.objects.back().path = pods.path;
}

/// Starts all new workers before it deletes old ones: a model that is spread over nodes needs all of them.
void surge_workers(Value& deployment_spec, spec::Arena& arena) {
  Value* strategy = spec::find(deployment_spec, "strategy");
  if (!strategy || spec::ObjectView(*strategy).string("type") != "RollingUpdate") return;
  *strategy = rolling_update("0%", "100%", arena);
}

}  // namespace

void add_deployments(ServiceBuild& build, Component& component) {
  const Pods pods{component.name,
                  component.labels,
                  component.annotations,
                  component.pod_annotations ? *component.pod_annotations : component.annotations,
                  app_label(component.name),
                  component.path};
  Value head = deployment_spec(build, pods, std::move(component.pod_spec));
  set_strategy(build, component.scaling, head);
  // An autoscaler owns `replicas`: with one, each apply would reset it. Without one, a service that gives no number
  // has one replica, as in KServe, whatever it had before.
  if (autoscaler_class(build, component) == kAutoscalerNone)
    head.AddMember("replicas", Value(component.scaling.min_replicas.value_or(1)), build.arena);
  add(build, pods, std::move(head));

  if (!component.workers) return;
  Workers& workers = *component.workers;
  write_pod_defaults(workers.pod_spec, build.arena);
  if (!finish_pod(build, component, workers.pod_spec)) return;
  const Pods worker_pods{workers.name,
                         workers.labels,
                         workers.annotations,
                         workers.pod_annotations ? *workers.pod_annotations : workers.annotations,
                         worker_app_label(component.name),
                         component.path / "workerSpec"};
  Value spec = deployment_spec(build, worker_pods, std::move(workers.pod_spec));
  set_strategy(build, component.scaling, spec);
  surge_workers(spec, build.arena);
  spec.AddMember("replicas", Value(workers.replicas), build.arena);
  add(build, worker_pods, std::move(spec));
}

}  // namespace modelgate::workload
