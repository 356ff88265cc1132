// SPDX-License-Identifier: Apache-2.0
#include "validation/multi_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/storage_uri.h"
#include "validation/gpu_resources.h"

namespace modelgate::validation {
namespace {

constexpr std::array<std::string_view, 2> kSizeVariables = {"PIPELINE_PARALLEL_SIZE", "TENSOR_PARALLEL_SIZE"};
constexpr std::array<std::string_view, 2> kSizeFields = {"pipelineParallelSize", "tensorParallelSize"};

void check_one_worker_container(const spec::PodSpecView& worker, const LazyPath& at, Report& report) {
  const std::size_t n = worker.containers().size();
  if (n > 1)
    report.add(
        {spec::ErrorType::kTooMany, at / "containers", std::to_string(n), "workers have one container"});
}

void check_no_size_variables(const spec::ContainerView& container, const LazyPath& at, Report& report) {
  const auto env = container.env();
  for (std::size_t i = 0; i < env.size(); ++i) {
    const auto it = std::ranges::find(kSizeVariables, env[i].name());
    if (it == kSizeVariables.end()) continue;
    const std::string_view field = kSizeFields[static_cast<std::size_t>(it - kSizeVariables.begin())];
    const LazyPath variables = at / "env";
    const LazyPath variable = variables[i];
    report.add(
        forbidden(variable / "name", fmt::format("{} must not be set: set workerSpec.{}", *it, field)));
  }
}

void check_parallel_sizes(const spec::ObjectView& worker, const LazyPath& at, Report& report) {
  for (const std::string_view field : kSizeFields) {
    const auto size = worker.integer(field);
    if (size && *size < 1) report.add(invalid(at / field, *size, "must be at least 1"));
  }
}

void check_storage(const spec::ModelSpecView& model, const LazyPath& at, Report& report) {
  const auto uri = model.storage_uri();
  if (!uri) {
    report.add(required(at / "storageUri", "all nodes read the model from it: pvc:// or oci://"));
    return;
  }
  if (!spec::serves_multi_node(*uri))
    report.add({spec::ErrorType::kNotSupported, at / "storageUri", spec::quote(spec::shown_uri(*uri)),
                "with a workerSpec, supported are pvc:// and oci://"});
}

void check_no_autoscaler(const Service& s, Report& report) {
  if (s.autoscaler_class() == "none") return;
  report.add({spec::ErrorType::kNotSupported, s.annotations_at().key(spec::kAutoscalerClassAnnotation),
              spec::quote(s.autoscaler_class().value_or(std::string_view{})),
              "with a workerSpec, the supported value is \"none\""});
}

/// The types of the annotation. Reports a malformed annotation and returns nullopt.
std::optional<std::vector<std::string>> annotation_types(const spec::StringMapView& annotations,
                                                         const LazyPath& at, Report& report) {
  const std::string_view text =
      annotations.get(spec::kGpuResourceTypesAnnotation).value_or(std::string_view{});
  if (text.empty()) return std::vector<std::string>{};
  auto types = parse_gpu_resource_types(text);
  if (!types)
    report.add(invalid(at.key(spec::kGpuResourceTypesAnnotation), text, std::string(kGpuResourceTypesForm)));
  return types;
}

void check_worker_gpus(const Service& s, const spec::PodSpecView& worker, const LazyPath& worker_at,
                       const std::vector<std::string>& types, Report& report) {
  const LazyPath list = worker_at / "containers";
  for (std::size_t i = 0; i < worker.containers().size(); ++i) {
    const LazyPath container = list[i];
    check_gpu_resources(worker.containers()[i].resources(), container / "resources", s.configuration(), types,
                        report);
  }
}

}  // namespace

void check_multi_node(const Service& s, Report& report) {
  if (!s.predictor()) return;
  const spec::PredictorView predictor(s.predictor()->view.value());
  const spec::WorkerSpecView worker = predictor.worker_spec();
  if (!worker) return;
  const LazyPath worker_at = s.predictor()->at / "workerSpec";
  const LazyPath model_at = s.predictor()->at / "model";
  const spec::ModelSpecView model = predictor.model();

  check_one_worker_container(worker, worker_at, report);
  check_parallel_sizes(worker, worker_at, report);
  if (model) {
    check_no_size_variables(model, model_at, report);
    check_storage(model, model_at, report);
    check_no_autoscaler(s, report);
  }
  if (!model && worker.containers().empty()) return;
  const auto types = annotation_types(s.metadata().annotations(), s.annotations_at(), report);
  if (!types) return;
  if (model)
    check_gpu_resources(model.resources(), model_at / "resources", s.configuration(), *types, report);
  check_worker_gpus(s, worker, worker_at, *types, report);
}

void check_gpu_resource_types(const Service& s, Report& report) {
  static_cast<void>(annotation_types(s.metadata().annotations(), s.annotations_at(), report));
}

void check_worker_spec_stays(const RuntimeObject& r, Report& report) {
  if (r.disabled() || r.spec().worker_spec()) return;
  if (r.stored().spec().worker_spec())
    report.add(required(r.spec_at() / "workerSpec", "cannot be removed: services may use it"));
}

void check_runtime_gpu_resource_types(const RuntimeObject& r, Report& report) {
  const LazyPath annotations_at = r.spec_at() / "annotations";
  static_cast<void>(
      annotation_types(r.spec().object<spec::StringMapView>("annotations"), annotations_at, report));
}

void check_runtime_multi_node(const RuntimeObject& r, Report& report) {
  const spec::RuntimeWorkerSpecView worker = r.spec().worker_spec();
  if (r.disabled() || !worker) return;
  const LazyPath worker_at = r.spec_at() / "workerSpec";
  check_one_worker_container(worker, worker_at, report);
  check_parallel_sizes(worker, worker_at, report);
  if (worker.containers().empty())
    report.add(required(worker_at / "containers", "workers have one container"));

  const LazyPath annotations_at = r.spec_at() / "annotations";
  std::optional<std::optional<std::vector<std::string>>> types;  // read at the first use
  const auto check_gpus = [&](const spec::ContainerView& container, const LazyPath& at) {
    if (!types)
      types = annotation_types(r.spec().object<spec::StringMapView>("annotations"), annotations_at, report);
    if (*types)
      check_gpu_resources(container.resources(), at / "resources", r.configuration(), **types, report);
  };
  for (const Container& c : r.workloads().containers) {
    if (c.place != Container::Place::kListed) continue;
    const bool serving = !c.pod->worker && c.view.name() == spec::kServingContainerName;
    const bool first_worker = c.pod->worker && c.view.value() == worker.containers()[0].value();
    if (serving) check_no_size_variables(c.view, c.at, report);
    if (serving || (first_worker && c.view.name() == spec::kWorkerContainerName)) check_gpus(c.view, c.at);
  }
}

}  // namespace modelgate::validation
