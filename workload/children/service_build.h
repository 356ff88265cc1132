// SPDX-License-Identifier: Apache-2.0
//
// One building of one service: what all parts share, and the declarations of the parts. wanted.cc calls them
// in the order in which objects are applied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spec/inference_service.h"
#include "workload/children/versions.h"
#include "workload/children/wanted.h"
#include "workload/objects/child_names.h"
#include "workload/objects/string_map.h"

namespace modelgate::workload {

/// How a component scales and what its Service needs to know. Of a canary only `min_replicas` is set: it does
/// not scale.
struct Scaling {
  std::optional<std::int64_t> min_replicas = std::nullopt;
  std::int64_t max_replicas = 0;
  std::optional<std::int64_t> scale_target = std::nullopt;
  std::string_view scale_metric = {};
  spec::AutoScalingView auto_scaling = {};
  spec::ObjectView deployment_strategy = {};
  /// A logger or batcher: requests go through the agent's port.
  bool has_agent = false;
};

/// The Pods beside those of a multi-node predictor's head.
struct Workers {
  std::string name;
  StringMap labels;
  StringMap annotations;
  spec::Value pod_spec;
  std::int64_t replicas = 0;
  std::optional<StringMap> pod_annotations = std::nullopt;
};

/// One component, or one version of the predictor: everything its objects are made of.
struct Component {
  std::string_view kind;  // kPredictor, kTransformer, kExplainer
  spec::FieldPath path;
  std::string name;
  StringMap labels;
  StringMap annotations;
  spec::Value pod_spec;
  Scaling scaling;
  std::optional<Workers> workers = std::nullopt;
  /// Those of the template, where they are not the component's.
  std::optional<StringMap> pod_annotations = std::nullopt;
};

/// Who is spoken of: what is told of a canary is not told of the stable predictor.
std::string_view teller(std::string_view component, const spec::FieldPath& path);

class ServiceBuild {
 public:
  ServiceBuild(const spec::Value& service, const ServiceContext& context_in, spec::Arena& arena_in);

  const ServiceContext& context;
  const spec::Configuration& configuration;
  spec::Arena& arena;
  spec::InferenceServiceView service;
  std::string name;
  std::string namespace_;
  /// The service's, and what its runtime adds. Ours are not among the annotations: they would roll Pods out.
  StringMap labels;
  StringMap annotations;
  VersionPlan versions;
  Wanted wanted;
  /// Whose objects are being added: what each of them says of itself.
  std::string_view adding = kPredictor;

  bool strict() const { return context.as_strict || configuration.modelgate.strict(); }
  bool stopped() const { return wanted.stopped; }
  std::string predictor(std::string_view variant) const {
    return predictor_name(name, variant, context.name_style);
  }
  /// The stable version.
  std::string predictor() const { return predictor(service.spec().predictor().name()); }
  std::string transformer() const { return transformer_name(name, context.name_style); }
  std::string explainer() const { return explainer_name(name, context.name_style); }
  std::string generation() const;

  /// The annotations that are passed on: without those that the configuration forbids.
  StringMap allowed_annotations(const StringMap& from) const;
  StringMap allowed_labels(const StringMap& from) const;

  /// {apiVersion, kind, metadata: {name, namespace, labels, annotations, ownerReferences}}
  spec::Value object(std::string_view api_version, std::string_view kind, std::string_view object_name,
                     const StringMap& object_labels, const StringMap& object_annotations);
  void add(spec::Value object, bool create_only = false);
  /// Leaves that to be as it is, where it is there.
  void keep(std::string_view kind, std::string_view object_name);

  void fatal(std::string_view component, std::string_view reason, spec::FieldPath path, std::string text);
  void notice(std::string_view component, std::string_view reason, spec::FieldPath path, std::string text);
  /// Whether to leave off: in Compatible mode, as KServe does at its first failure.
  bool stops_at_first_error() const { return failed_ && !strict(); }

 private:
  spec::Value owner_references();

  bool failed_ = false;
};

// The components (predictor.cc, multi_node.cc, transformer.cc, explainer.cc, canary.cc); nothing where a
// fatal problem was told.
std::optional<Component> build_predictor(ServiceBuild& build, const spec::PredictorView& predictor,
                                         const spec::FieldPath& path);
bool add_workers(ServiceBuild& build, const spec::PredictorView& predictor, const spec::Runtime& runtime,
                 Component& component);
std::optional<Component> build_transformer(ServiceBuild& build);
std::optional<Component> build_explainer(ServiceBuild& build);
/// The canary's predictor: the stable one, with what the canary sets over it.
spec::Value canary_predictor(const spec::CanaryView& canary, const spec::PredictorView& stable,
                             spec::Arena& arena);
std::int64_t canary_replicas(const spec::CanaryView& canary, const spec::PredictorView& stable);

/// The reason of a component whose specification cannot be realized; KServe has one for predictors.
inline std::string_view invalid_spec(std::string_view component) {
  return component == kPredictor ? "InvalidPredictorSpec" : "InvalidComponentSpec";
}

Scaling scaling_of(const spec::ComponentView& component);
/// Volumes and the init container for `storageUris`. False where a fatal problem was told.
bool add_storage_uris(ServiceBuild& build, const spec::ComponentView& view, Component& component);

// The objects of a component. Each adds to `wanted`.
void add_services(ServiceBuild& build, const Component& component);
/// Takes the component's PodSpecs.
void add_deployments(ServiceBuild& build, Component& component);
/// An OpenTelemetry collector in each Pod, where KEDA scales by metrics that it gathers.
void add_collector(ServiceBuild& build, const Component& component);
void add_autoscaler(ServiceBuild& build, const Component& component);
/// KEDA's; nullopt where nothing would trigger it.
std::optional<spec::Value> scaled_object_spec(ServiceBuild& build, const Component& component);

// What leads there (route.cc and one file a kind).
void add_routes(ServiceBuild& build);
void add_ingress(ServiceBuild& build);
void add_http_routes(ServiceBuild& build);
void add_virtual_service(ServiceBuild& build);
/// A VirtualService takes the Ingress' place.
bool routes_by_istio(const ServiceBuild& build);

/// A canary's share has no effect: the reason of a notice.
inline constexpr std::string_view kTrafficNotSplit = "TrafficNotSplit";
/// A version that is no longer named serves on.
inline constexpr std::string_view kWaitsForStable = "WaitsForStable";

void add_model_config(ServiceBuild& build);
/// A server of many models, which come by TrainedModels: a predictor without a model of its own.
bool serves_many_models(const spec::PredictorView& predictor);

/// Whether an autoscaler is made, and which: the annotation, else "hpa". In Strict, a component that KEDA
/// would scale and nothing would trigger (a canary) has none.
std::string_view autoscaler_class(ServiceBuild& build, const Component& component);
/// What one of KServe's metric targets says: a quantity, as text; `otherwise` where it says nothing.
std::string quantity_text(const spec::Value* quantity, std::string_view otherwise);

inline constexpr std::string_view kAutoscalerHpa = "hpa";
inline constexpr std::string_view kAutoscalerKeda = "keda";
inline constexpr std::string_view kAutoscalerNone = "none";
inline constexpr std::string_view kAutoscalerExternal = "external";

inline constexpr int kServicePort = 80;
inline constexpr int kModelServerPort = 8080;
inline constexpr int kAgentPort = 9081;

}  // namespace modelgate::workload
