// SPDX-License-Identifier: Apache-2.0
#include "workload/children/multi_node.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/quantity.h"
#include "spec/schema.h"
#include "spec/schema_core.h"
#include "spec/storage_uri.h"
#include "workload/children/pod_parts.h"
#include "workload/children/template.h"
#include "workload/children/tracing.h"
#include "workload/objects/annotations.h"
#include "workload/objects/env.h"
#include "workload/objects/gpu_types.h"
#include "workload/objects/strategic_merge.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kExecutorBackend = "multinode/executor-backend";
constexpr std::string_view kMultiProcessing = "mp";
constexpr std::string_view kGenerationLabel = "isvc.generation";

struct Parallelism {
  std::int64_t pipeline = 1;
  std::int64_t tensor = 1;
};

/// The number of nodes, with the head, and the accelerators of each kind of node.
struct Nodes {
  std::int64_t count = 1;
  std::int64_t on_worker = 1;
  std::int64_t on_head = 1;
};

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return b == 0 ? 1 : (a + b - 1) / b;
}

/// Ray distributes `total` accelerators. Each worker gets as many as its container requests; the head gets as
/// many as its own container requests, else the rest. nullopt if the nodes have too few.
std::optional<Nodes> place_by_ray(std::int64_t total, std::int64_t on_head, std::int64_t on_worker) {
  if (on_head == 0 && on_worker == 0) return Nodes{.count = total};
  Nodes n{.count = 1, .on_worker = on_worker, .on_head = on_head};
  if (on_worker > 0) {
    n.count = divide_up(total, on_worker);
    if (on_head > 0 && divide_up(total, on_head) == 1) n.count = 1;
    if (on_head == 0) n.on_head = total - on_worker * (n.count - 1);
    if (n.count == 1) n = {.count = 1, .on_worker = 0, .on_head = total};
  } else {
    n.on_worker = 1;
    n.count = 1 + std::max<std::int64_t>(total - on_head, 0);
  }
  if (total > n.on_head + n.on_worker * (n.count - 1)) return std::nullopt;
  return n;
}

class WorkersBuild {
 public:
  WorkersBuild(ServiceBuild& build, const spec::PredictorView& predictor, const spec::Runtime& runtime,
               Component& head)
      : build_(build), arena_(build.arena), predictor_(predictor), runtime_(runtime), head_(head) {}

  bool run() {
    const spec::RuntimeWorkerSpecView runtime_workers = runtime_.view.spec().worker_spec();
    if (!runtime_workers) return fail("WorkerSpecNotSet", "the runtime has no workerSpec");
    const spec::ContainerView base = find_worker(runtime_workers);
    if (!base)
      return fail("InvalidPredictorSpec",
                  fmt::format("the runtime has no container \"{}\"", container::kWorker));
    Value pod = merged_pod(runtime_workers, base);
    Value* head = container_named(head_.pod_spec, container::kModelServer);
    Value* worker = container_named(pod, container::kWorker);
    if (!head || !worker)
      return fail("InvalidPredictorSpec", fmt::format("the containers must be named \"{}\" and \"{}\"",
                                                      container::kModelServer, container::kWorker));
    // KServe resolves the head's templates only.
    if (const auto problem = build_.strict() ? resolve_container(build_, predictor_, *worker) : std::nullopt)
      return fail("InvalidPredictorSpec", fmt::format("the container \"{}\" of {}: {}", container::kWorker,
                                                      runtime_.display_name(), *problem));
    const Parallelism parallel = parallelism(runtime_workers);
    const auto nodes = place(parallel, pod);
    if (!nodes) {
      return fail("InvalidGPUAllocation",
                  fmt::format("{} accelerators are requested in total, more than head and workers have",
                              parallel.tensor * parallel.pipeline));
    }
    StringMap worker_annotations = annotations(runtime_workers);
    complete_head(parallel, *nodes, *head);
    complete_worker(parallel, *nodes, worker_annotations, *worker);
    head_.labels[std::string(kGenerationLabel)] = build_.generation();
    head_.workers = Workers{.name = worker_name(build_.name),
                            .labels = labels(runtime_workers),
                            .annotations = std::move(worker_annotations),
                            .pod_spec = std::move(pod),
                            .replicas = nodes->count - 1};
    return true;
  }

 private:
  bool fail(std::string_view reason, std::string text) {
    build_.fatal(kPredictor, reason, head_.path / "workerSpec", std::move(text));
    return false;
  }

  static spec::ContainerView find_worker(const spec::PodSpecView& pod) {
    for (const spec::ContainerView& c : pod.containers()) {
      if (c.name() == container::kWorker) return c;
    }
    return {};
  }

  Value merged_pod(const spec::RuntimeWorkerSpecView& runtime_workers, const spec::ContainerView& base) {
    const spec::WorkerSpecView own = predictor_.worker_spec();
    Value merged = merged_pod_spec(runtime_workers, own, arena_);
    const Value nothing(rapidjson::kObjectType);
    const auto own_containers = own.containers();
    const Value& over = own_containers.empty() ? nothing : *own_containers[0].value();
    Value containers(rapidjson::kArrayType);
    containers.PushBack(
        strategic_merge(*base.value(), over, spec::schema::kContainer, {.concatenate_args = true}, arena_),
        arena_);
    spec::set_member(merged, "containers", std::move(containers), arena_);
    return merged;
  }

  Parallelism parallelism(const spec::RuntimeWorkerSpecView& runtime_workers) const {
    const spec::WorkerSpecView own = predictor_.worker_spec();
    return {
        .pipeline =
            own.pipeline_parallel_size().value_or(runtime_workers.pipeline_parallel_size().value_or(1)),
        .tensor = own.tensor_parallel_size().value_or(runtime_workers.tensor_parallel_size().value_or(1))};
  }

  std::optional<Nodes> place(const Parallelism& parallel, const Value& worker_pod) const {
    const auto backend =
        runtime_.view.spec().object<spec::StringMapView>("annotations").get(kExecutorBackend);
    if (backend == kMultiProcessing)
      return Nodes{.count = parallel.pipeline, .on_worker = parallel.tensor, .on_head = parallel.tensor};
    return place_by_ray(parallel.tensor * parallel.pipeline, gpus_of(head_.pod_spec), gpus_of(worker_pod));
  }

  std::int64_t gpus_of(const Value& pod) const {
    const auto containers = spec::PodSpecView(pod).containers();
    if (containers.empty()) return 0;
    for (const std::string& type : gpu_types(build_.configuration)) {
      const Value* amount = containers[0].resources().requests().field(type);
      if (!amount) continue;
      const auto quantity = spec::Quantity::parse(*amount);
      return quantity ? quantity->to_int64() : 0;
    }
    return 0;
  }

  void complete_head(const Parallelism& parallel, const Nodes& nodes, Value& head) {
    const auto set = [&](std::string_view name, std::string_view value) {
      add_env(head, {std::string(name), std::string(value)}, SameName::kReplace, arena_);
    };
    set("PIPELINE_PARALLEL_SIZE", std::to_string(parallel.pipeline));
    set("TENSOR_PARALLEL_SIZE", std::to_string(parallel.tensor));
    set("RAY_NODE_COUNT", std::to_string(nodes.count));
    set("REQUEST_GPU_COUNT", std::to_string(nodes.on_head));
    set("MODEL_NAME", build_.name);
    const std::string_view uri = value_of(head_.annotations, annotation::kSourceUri);
    if (spec::serves_multi_node(uri)) set("MODEL_DIR", kModelPath);
    set_gpus(head, head_.annotations, nodes.on_head);
  }

  void complete_worker(const Parallelism& parallel, const Nodes& nodes, const StringMap& annotations,
                       Value& worker) {
    const auto set = [&](std::string_view name, std::string_view value) {
      add_env(worker, {std::string(name), std::string(value)}, SameName::kReplace, arena_);
    };
    set("RAY_NODE_COUNT", std::to_string(nodes.count));
    set("REQUEST_GPU_COUNT", std::to_string(nodes.on_worker));
    set("PIPELINE_PARALLEL_SIZE", std::to_string(parallel.pipeline));
    set("TENSOR_PARALLEL_SIZE", std::to_string(parallel.tensor));
    set("ISVC_NAME", build_.name);
    // KServe ignores the predictor's own name here, so its workers look for a Service that does not exist.
    set("HEAD_SVC", head_service_name(build_.strict() ? head_.name : build_.name, build_.generation()));
    set("WORKER_SVC", workers_service_name(head_.name, build_.generation()));
    set_gpus(worker, annotations, nodes.on_worker);
    add_tracing(build_, {kPredictor, predictor_.name()}, &worker);
  }

  /// Sets the number of accelerators, of the type that the container requests, else NVIDIA's. `annotations`
  /// of its Pod can add types.
  void set_gpus(Value& container, const StringMap& annotations, std::int64_t count) {
    const spec::ResourceRequirementsView requested = spec::ContainerView(container).resources();
    std::string chosen = "nvidia.com/gpu";
    for (const std::string& type :
         gpu_types(build_.configuration, value_of(annotations, spec::kGpuResourceTypesAnnotation))) {
      if (!is_positive(requested.limits().field(type)) && !is_positive(requested.requests().field(type)))
        continue;
      chosen = type;
      break;
    }
    if (!spec::find(container, "resources"))
      spec::set_member(container, "resources", Value(rapidjson::kObjectType), arena_);
    Value& resources = *spec::find(container, "resources");
    for (const std::string_view kind : {"limits", "requests"}) {
      if (!spec::find(resources, kind))
        spec::set_member(resources, kind, Value(rapidjson::kObjectType), arena_);
      Value& amounts = *spec::find(resources, kind);
      if (spec::find(amounts, chosen)) {
        *spec::find(amounts, chosen) = spec::make_string(std::to_string(count), arena_);
      } else {
        amounts.AddMember(spec::make_string(chosen, arena_), spec::make_string(std::to_string(count), arena_),
                          arena_);
      }
    }
  }

  static bool is_positive(const Value* amount) {
    if (!amount) return false;
    const auto quantity = spec::Quantity::parse(*amount);
    return quantity && !quantity->is_zero();
  }

  StringMap labels(const spec::RuntimeWorkerSpecView& runtime_workers) const {
    StringMap out = to_map(runtime_workers.object<spec::StringMapView>("labels"));
    overlay(out, build_.labels);
    overlay(out, to_map(predictor_.labels()));
    out[std::string(kGenerationLabel)] = build_.generation();
    out[std::string(label::kInferenceService)] = build_.name;
    out[std::string(label::kComponent)] = kPredictor;
    out["app"] = worker_app_label(head_.name);
    return out;
  }

  StringMap annotations(const spec::RuntimeWorkerSpecView& runtime_workers) const {
    StringMap out = to_map(runtime_workers.object<spec::StringMapView>("annotations"));
    // The head's, except for those that only the runtime sets, which are for the head.
    const StringMap of_runtime = to_map(runtime_.view.spec().object<spec::StringMapView>("annotations"));
    for (const auto& [key, value] : head_.annotations) {
      const auto by_runtime = of_runtime.find(key);
      const bool by_service = build_.annotations.contains(key) || predictor_.annotations().has(key);
      if (by_runtime == of_runtime.end() || by_runtime->second != value || by_service)
        out.insert_or_assign(key, value);
    }
    return out;
  }

  ServiceBuild& build_;
  spec::Arena& arena_;
  spec::PredictorView predictor_;
  const spec::Runtime& runtime_;
  Component& head_;
};

}  // namespace

bool add_workers(ServiceBuild& build, const spec::PredictorView& predictor, const spec::Runtime& runtime,
                 Component& component) {
  return WorkersBuild(build, predictor, runtime, component).run();
}

}  // namespace modelgate::workload
