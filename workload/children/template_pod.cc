// SPDX-License-Identifier: Apache-2.0
#include "workload/children/template_pod.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

using spec::Value;

/// True if the Pods would lack something that could not be read. Then the other problems are guesses.
bool waits_for_facts(ServiceBuild& build, const Component& component, const spec::FieldPath& path,
                     PodOutcome& outcome) {
  if (!build.context.needs_all_facts || outcome.unread.empty()) return false;
  const spec::ObjectKey& key = outcome.unread.front();
  build.fatal_for_now(component.kind, "LookupFailed", path,
                      fmt::format("{} {} could not be read, and the Pods would start without it", key.kind,
                                  spec::quote(key.name.empty() ? "*" : key.name)),
                      key);
  return true;
}

bool take_outcome(ServiceBuild& build, const Component& component, const spec::FieldPath& path,
                  PodOutcome& outcome) {
  if (waits_for_facts(build, component, path, outcome)) return false;
  auto& needs = build.wanted.needs;
  for (spec::ObjectKey& key : outcome.needs) {
    if (std::ranges::find(needs, key) == needs.end()) needs.push_back(std::move(key));
  }
  for (spec::FieldWarning& w : outcome.warnings) {
    build.notice(component.kind, "PodInjection", path, w.to_string(), std::move(w.about));
  }
  if (outcome.errors.empty()) return true;
  build.fatal(component.kind, invalid_spec(component.kind), path, outcome.errors.list().front().message());
  return false;
}

}  // namespace

bool work_on_template(ServiceBuild& build, const Component& component, const spec::FieldPath& path,
                      const StringMap& labels, StringMap& annotations, Value& pod_spec, const PodWork& work) {
  spec::Arena& arena = build.arena;
  const spec::Facts nothing;
  const PodContext context{.catalog = build.context.catalog,
                           .facts = build.context.facts ? *build.context.facts : nothing,
                           .namespace_ = build.namespace_,
                           .system_namespace = build.context.system_namespace,
                           .is_template = true};
  Value pod = ObjectBuilder(arena)
                  .text("apiVersion", "v1")
                  .text("kind", "Pod")
                  .value("metadata", ObjectBuilder(arena)
                                         .text("namespace", build.namespace_)
                                         .value("labels", to_value(labels, arena))
                                         .value("annotations", to_value(annotations, arena))
                                         .take())
                  .value("spec", std::move(pod_spec))
                  .take();
  spec::Edit edit(pod, arena);
  PodOutcome outcome = work(edit, context);
  annotations = to_map(spec::PodView(pod).metadata().annotations());
  pod_spec = std::move(*spec::find(pod, "spec"));
  return take_outcome(build, component, path, outcome);
}

bool render_injection(ServiceBuild& build, Component& component) {
  using PodInjection = spec::ModelgateConfiguration::PodInjection;
  if (build.configuration.modelgate.pod_injection != PodInjection::kRender) return true;
  component.pod_annotations = component.annotations;
  if (!work_on_template(build, component, component.path, component.labels, *component.pod_annotations,
                        component.pod_spec, mutate_pod)) {
    return false;
  }
  if (!component.workers) return true;
  Workers& workers = *component.workers;
  workers.pod_annotations = workers.annotations;
  return work_on_template(build, component, component.path, workers.labels, *workers.pod_annotations,
                          workers.pod_spec, mutate_pod);
}

}  // namespace modelgate::workload
