// SPDX-License-Identifier: Apache-2.0
#include "workload/children/predictor.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/runtime_support.h"
#include "spec/schema.h"
#include "spec/schema_core.h"
#include "workload/children/multi_node.h"
#include "workload/children/pod_parts.h"
#include "workload/children/runtime_server.h"
#include "workload/children/server_port.h"
#include "workload/children/storage_uris.h"
#include "workload/children/template.h"
#include "workload/children/tracing.h"
#include "workload/objects/annotations.h"
#include "workload/objects/go_json.h"
#include "workload/objects/strategic_merge.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kInvalidSpec = "InvalidPredictorSpec";
constexpr std::string_view kMultiModelEnv = "MULTI_MODEL_SERVER";

/// Where the storage of the model is specified. A canary's framework field precedes the `model` that it
/// inherits.
spec::ModelSpecView storage_source(const spec::PredictorView& predictor) {
  const spec::Framework* own = spec::first_framework(predictor);
  return own ? predictor.framework(own->name) : predictor.model();
}

class PredictorBuild {
 public:
  PredictorBuild(ServiceBuild& build, const spec::PredictorView& predictor, const spec::FieldPath& path)
      : build_(build), arena_(build.arena), predictor_(predictor), path_(path) {}

  std::optional<Component> run() {
    annotations_ = build_.allowed_annotations(build_.annotations);
    if (!annotate()) return std::nullopt;
    if (predictor_.model() && !find_runtime()) return std::nullopt;
    // The stable version is built first.
    if (!build_.wanted.runtime) build_.wanted.runtime = runtime_;
    if (!(predictor_.model() ? build_model_pod() : build_custom_pod())) return std::nullopt;
    name_service_in(pod_, build_.name, arena_);
    trace();
    Component component = assemble();
    if (predictor_.worker_spec()) {
      if (!runtime_) return fail(kInvalidSpec, path_ / "workerSpec", "needs a model and its runtime");
      if (!add_workers(build_, predictor_, *runtime_, component)) return std::nullopt;
    }
    if (!add_storage_uris(build_, predictor_, component)) return std::nullopt;
    return component;
  }

 private:
  std::nullopt_t fail(std::string_view reason, spec::FieldPath path, std::string text) {
    build_.fatal(kPredictor, reason, std::move(path), std::move(text));
    return std::nullopt;
  }

  // Annotations by which admission knows what to inject into Pods.

  bool annotate() {
    annotate_logger(predictor_.logger(), annotations_);
    annotate_batcher(predictor_.batcher(), annotations_);
    annotate_storage_spec(storage_source(predictor_).storage());
    if (serves_many_models(predictor_)) annotate_agent();
    if (!annotate_storage_uri()) return false;
    annotate_confidential();
    return true;
  }

  void set(std::string_view annotation, std::string_view value) {
    annotations_.insert_or_assign(std::string(annotation), value);
  }

  void annotate_storage_spec(const spec::StorageSpecView& storage) {
    if (!storage) return;
    set(annotation::kStorageSpec, "true");
    if (storage.parameters()) {
      std::vector<std::pair<std::string, std::string>> parameters;
      for (const auto& [key, value] : to_map(storage.parameters())) parameters.emplace_back(key, value);
      set(annotation::kStorageSpecParameters, go_json(parameters));
    }
    if (const auto key = storage.key()) set(annotation::kStorageSpecKey, *key);
    if (auto path = storage.path()) {
      if (path->starts_with('/')) path->remove_prefix(1);
      set(annotation::kSourceUri, fmt::format("<scheme-placeholder>://{}", *path));
    }
  }

  void annotate_agent() {
    set(annotation::kAgent, "true");
    set(annotation::kModelConfigVolume, model_config_name(build_.name));
    set(annotation::kModelConfigMount, "/mnt/configs");
    set(annotation::kModelDirectory, kModelPath);
  }

  std::optional<std::string_view> storage_uri() const {
    if (const auto source = storage_source(predictor_)) return source.storage_uri();
    for (const spec::ContainerView& c : predictor_.containers()) {
      if (c.name() != container::kModelServer) continue;
      const spec::EnvVarView env = c.find_env(spec::kStorageUriEnv);
      return env ? std::optional(env.env_value()) : std::nullopt;
    }
    return std::nullopt;
  }

  bool annotate_storage_uri() {
    const auto uri = storage_uri();
    if (!uri) return true;
    if (annotations_.contains(annotation::kSourceUri)) {
      fail(kInvalidSpec, path_ / "model" / "storageUri", "must not be set together with storage.path");
      return false;
    }
    set(annotation::kSourceUri, *uri);
    if (const auto name = predictor_.storage_container_name(); name && !name->empty())
      set(annotation::kStorageContainer, *name);
    return true;
  }

  void annotate_confidential() {
    const auto confidential = predictor_.model().confidential();
    if (!confidential.enabled()) return;
    set(annotation::kConfidential, "true");
    if (const auto id = confidential.resource_id(); id && !id->empty())
      set(annotation::kConfidentialResource, *id);
  }

  // The runtime.

  bool find_runtime() {
    const spec::ModelSpecView model = predictor_.model();
    if (const auto named = model.runtime()) {
      runtime_ = build_.context.catalog.find_runtime(build_.namespace_, *named);
      if (!runtime_) {
        fail("RuntimeNotRecognized", path_ / "model" / "runtime",
             fmt::format("runtime \"{}\" does not exist", *named));
        return false;
      }
      return check_runtime();
    }
    runtime_ = build_.context.runtime;
    if (runtime_) return check_runtime();
    fail("NoSupportingRuntime", path_ / "model" / "modelFormat",
         fmt::format("no runtime supports \"{}\"", model.model_format().name()));
    return false;
  }

  /// A runtime that was selected for the stable version may not support a canary.
  bool check_runtime() {
    const auto why_not = spec::mismatch(*runtime_, spec::requirement_of(predictor_), spec::Choice::kNamed);
    if (!why_not) return true;
    const bool disabled = why_not->reason == spec::Mismatch::Reason::kDisabled;
    fail(disabled ? "RuntimeDisabled" : "NoSupportingRuntime", path_ / "model" / "runtime",
         fmt::format("{} {}", runtime_->display_name(), why_not->text()));
    return false;
  }

  // Containers.

  bool build_custom_pod() {
    pod_ = fields_of(predictor_.value(), spec::schema::kPodSpec, arena_);
    if (Value* server = container_named(pod_, container::kModelServer)) {
      follow_http_port(build_, kPredictor, path_ / "containers", *server);
      return true;
    }
    fail(kInvalidSpec, path_ / "containers",
         fmt::format("must have one named \"{}\"", container::kModelServer));
    return false;
  }

  bool build_model_pod() {
    const spec::ServingRuntimeSpecView runtime = runtime_->view.spec();
    const spec::ContainerView base = find_container(runtime.containers(), container::kModelServer);
    if (!base) {
      fail(kInvalidSpec, path_ / "model" / "runtime",
           fmt::format("{} has no container \"{}\"", runtime_->display_name(), container::kModelServer));
      return false;
    }
    Value server = merged_server(base);
    if (!resolve(server)) return false;
    follow_http_port(build_, kPredictor, path_ / "model" / "args", server);
    pod_ = merged_pod_spec(runtime, predictor_, arena_);
    Value containers(rapidjson::kArrayType);
    containers.PushBack(std::move(server), arena_);
    if (!append_transformer(runtime, containers)) return false;
    append_others(runtime.containers(), containers, {container::kModelServer, container::kTransformer});
    append_others(predictor_.containers(), containers, {container::kTransformer});
    spec::set_member(pod_, "containers", std::move(containers), arena_);
    return true;
  }

  Value merged_server(const spec::ContainerView& base) {
    const spec::ModelSpecView model = predictor_.model();
    Value own = fields_of(model.value(), spec::schema::kContainer, arena_);
    const std::string_view type = server_type_of(*runtime_);
    apply_server_defaults(type, model, build_.name, own, build_.labels, arena_);
    Value merged =
        strategic_merge(*base.value(), own, spec::schema::kContainer, {.concatenate_args = true}, arena_);
    return merged;
  }

  bool resolve(Value& container) {
    if (auto problem = resolve_container(build_, predictor_, container)) {
      fail(kInvalidSpec, path_ / "model" / "runtime",
           fmt::format("the container \"{}\" of {}: {}", spec::ContainerView(container).name(),
                       runtime_->display_name(), *problem));
      return false;
    }
    if (spec::ContainerView(container).name() == container::kModelServer) set_image(container);
    return true;
  }

  void set_image(Value& container) {
    const spec::ContainerView view(container);
    const std::string image = image_for(view.image(), predictor_.model().runtime_version(),
                                        server_type_of(*runtime_), view.resources());
    if (!image.empty()) spec::set_member(container, "image", spec::make_string(image, arena_), arena_);
  }

  /// A transformer in the predictor's Pod (collocation), from the runtime, the service or both.
  bool append_transformer(const spec::ServingRuntimeSpecView& runtime, Value& containers) {
    const spec::ContainerView base = find_container(runtime.containers(), container::kTransformer);
    const spec::ContainerView own = find_container(predictor_.containers(), container::kTransformer);
    if (!base && !own) return true;
    Value merged = base && own ? strategic_merge(*base.value(), *own.value(), spec::schema::kContainer,
                                                 {.concatenate_args = true}, arena_)
                               : spec::clone(base ? *base.value() : *own.value(), arena_);
    if (!resolve(merged)) return false;
    containers.PushBack(std::move(merged), arena_);
    return true;
  }

  void append_others(const spec::ListView<spec::ContainerView>& from, Value& containers,
                     std::initializer_list<std::string_view> but) {
    for (const spec::ContainerView& c : from) {
      if (c && std::ranges::find(but, c.name()) == but.end()) {
        containers.PushBack(spec::clone(*c.value(), arena_), arena_);
      }
    }
  }

  static spec::ContainerView find_container(const spec::ListView<spec::ContainerView>& list,
                                            std::string_view name) {
    for (const spec::ContainerView& c : list) {
      if (c.name() == name) return c;
    }
    return {};
  }

  void trace() {
    const std::string_view type = runtime_ ? server_type_of(*runtime_) : std::string_view{};
    add_tracing(build_, {kPredictor, predictor_.name(), type},
                container_named(pod_, container::kModelServer));
    add_tracing(build_, {kTransformer, predictor_.name()}, container_named(pod_, container::kTransformer));
  }

  Component assemble() {
    Component out{.kind = kPredictor,
                  .path = path_,
                  .name = build_.predictor(predictor_.name()),
                  .labels = {},
                  .annotations = {},
                  .pod_spec = std::move(pod_),
                  .scaling = scaling_of(predictor_)};
    if (runtime_) {
      out.labels = to_map(runtime_->view.spec().object<spec::StringMapView>("labels"));
      out.annotations = build_.allowed_annotations(
          to_map(runtime_->view.spec().object<spec::StringMapView>("annotations")));
    }
    overlay(out.labels, build_.labels);
    overlay(out.labels, to_map(predictor_.labels()));
    out.labels[std::string(label::kInferenceService)] = build_.name;
    out.labels[std::string(label::kComponent)] = kPredictor;
    overlay(out.annotations, annotations_);
    overlay(out.annotations, build_.allowed_annotations(to_map(predictor_.annotations())));
    return out;
  }

  ServiceBuild& build_;
  spec::Arena& arena_;
  spec::PredictorView predictor_;
  spec::FieldPath path_;
  const spec::Runtime* runtime_ = nullptr;
  StringMap annotations_;
  Value pod_{rapidjson::kObjectType};
};

}  // namespace

std::optional<Component> build_predictor(ServiceBuild& build, const spec::PredictorView& predictor,
                                         const spec::FieldPath& path) {
  return PredictorBuild(build, predictor, path).run();
}

bool serves_many_models(const spec::PredictorView& predictor) {
  const auto containers = predictor.containers();
  if (!containers.empty()) return containers[0].find_env(kMultiModelEnv).env_value() == "true";
  const spec::ModelSpecView source = storage_source(predictor);
  // Hugging Face's server fetches a model by its name.
  const bool fetches_by_name =
      predictor.field("huggingface") || predictor.model().model_format().name() == "huggingface";
  if (!source || fetches_by_name) return false;
  return !source.storage_uri() && !source.storage() && predictor.storage_uris().empty();
}

}  // namespace modelgate::workload
