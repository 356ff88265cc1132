// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/pod.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"
#include "workload/pods/accelerator.h"
#include "workload/pods/agent.h"
#include "workload/pods/istio.h"
#include "workload/pods/metrics.h"
#include "workload/pods/oci_model.h"
#include "workload/pods/pod_pass.h"
#include "workload/pods/pre_stop.h"
#include "workload/pods/restricted.h"
#include "workload/pods/startup_probe.h"
#include "workload/pods/storage_step.h"

namespace modelgate::workload {
namespace {

/// An annotation that has an effect only together with another.
struct Companion {
  std::string_view annotation;
  std::string_view needs;
};

constexpr std::array<Companion, 12> kCompanions = {{
    {annotation::kStorageSpec, annotation::kSourceUri},
    {annotation::kStorageSpecKey, annotation::kStorageSpec},
    {annotation::kStorageSpecParameters, annotation::kStorageSpec},
    {annotation::kStorageContainer, annotation::kSourceUri},
    {annotation::kLocalModelPvcName, annotation::kSourceUri},
    {annotation::kConfidential, annotation::kSourceUri},
    {annotation::kLoggerUrl, annotation::kLogger},
    {annotation::kLoggerMode, annotation::kLogger},
    {annotation::kLoggerHeaders, annotation::kLogger},
    {annotation::kLoggerAnnotations, annotation::kLogger},
    {annotation::kBatcherMaxBatchSize, annotation::kBatcher},
    {annotation::kBatcherMaxLatency, annotation::kBatcher},
}};

void set_namespace(PodPass& pass) {
  if (pass.context.namespace_.empty() || pass.pod().metadata().namespace_() == pass.context.namespace_)
    return;
  pass.edit.set(spec::FieldPath{} / "metadata" / "namespace",
                make_text(pass.context.namespace_, pass.arena()));
}

void warn_of_idle_annotations(PodPass& pass) {
  for (const Companion& c : kCompanions) {
    if (pass.annotation(c.annotation) && !pass.annotation(c.needs)) {
      pass.warn(fmt::format("{} has no effect without {}", c.annotation, c.needs));
    }
  }
}

struct Step {
  std::string_view name;
  void (*run)(PodPass&);
};

// KServe's order: it determines the order of volumes and containers.
constexpr std::array kSteps = {
    Step{"namespace", set_namespace},
    Step{"accelerator", select_accelerator},
    Step{"storage", initialize_storage},
    Step{"istio", set_istio_user},
    Step{"agent", add_agent},
    Step{"metrics", aggregate_metrics},
    Step{"startup-probe", add_startup_probes},
    Step{"oci-model", mount_oci_model},
    Step{"restricted", restrict_added_containers},
    Step{"pre-stop", delay_stop},
    Step{"idle-annotations", warn_of_idle_annotations},
};

/// A Pod without the label is not mutated. Warns if it has one of our annotations.
void warn_of_missing_label(PodPass& pass) {
  std::string_view found;
  pass.pod().metadata().annotations().for_each([&](std::string_view name, std::string_view) {
    if (found.empty() && name.starts_with(annotation::kInternalPrefix)) found = name;
  });
  if (found.empty()) return;
  pass.warn(fmt::format("nothing is injected: the Pod has the annotation {} but not the label {}", found,
                        label::kInferenceService));
}

}  // namespace

PodOutcome mutate_pod(spec::Edit& edit, const PodContext& context) {
  PodPass pass(edit, context);
  if (!pass.label(label::kInferenceService)) {
    warn_of_missing_label(pass);
    return std::move(pass).finish();
  }
  for (const Step& step : kSteps) {
    pass.step = step.name;
    step.run(pass);
  }
  return std::move(pass).finish();
}

}  // namespace modelgate::workload
