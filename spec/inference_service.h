// SPDX-License-Identifier: Apache-2.0
//
// Views of KServe's InferenceService (serving.kserve.io/v1beta1), and tables of its frameworks, components
// and deployment modes.
//
// A component (predictor, transformer, explainer) has three groups of fields in one object: those of a
// PodSpec, those of KServe's ComponentExtensionSpec (replicas, scaling, logger, batcher), and its own. The
// views below read one object as each of the three.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "spec/core.h"
#include "spec/field.h"

namespace modelgate::spec {

inline constexpr std::string_view kServingGroup = "serving.kserve.io";

// KServe's annotations and names that more than one folder reads.
inline constexpr std::string_view kDeploymentModeAnnotation = "serving.kserve.io/deploymentMode";
inline constexpr std::string_view kAutoscalerClassAnnotation = "serving.kserve.io/autoscalerClass";
inline constexpr std::string_view kKnativeAutoscalerClassAnnotation = "autoscaling.knative.dev/class";
inline constexpr std::string_view kGpuResourceTypesAnnotation = "serving.kserve.io/gpu-resource-types";
inline constexpr std::string_view kModelFormatAnnotation = "modelFormat";
inline constexpr std::string_view kServingContainerName = "kserve-container";
inline constexpr std::string_view kTransformerContainerName = "transformer-container";
inline constexpr std::string_view kWorkerContainerName = "worker-container";
inline constexpr std::string_view kStorageUriEnv = "STORAGE_URI";
inline constexpr std::string_view kProtocolEnv = "PROTOCOL";

/// A framework with a field in the predictor. The name of the field is also the model format.
struct Framework {
  std::string_view name;
  std::string_view default_protocol;  // written when it is moved to `model`; empty: none
};

/// In the order in which KServe searches them: if several are set, the first is moved to `model`.
inline constexpr std::array<Framework, 10> kFrameworks = {{
    {"sklearn", ""},
    {"tensorflow", ""},
    {"xgboost", ""},
    {"pytorch", ""},
    {"triton", "v2"},
    {"onnx", "v2"},
    {"huggingface", "v2"},
    {"pmml", ""},
    {"lightgbm", ""},
    {"paddle", ""},
}};

/// The framework with that name, or nullptr.
const Framework* find_framework(std::string_view name);

// Deployment modes.
inline constexpr std::string_view kStandardMode = "Standard";
inline constexpr std::string_view kKnativeMode = "Knative";
inline constexpr std::string_view kModelMeshMode = "ModelMesh";
/// Legacy spellings: RawDeployment is Standard, Serverless is Knative. Other texts are returned unchanged.
std::string_view normalized_deployment_mode(std::string_view mode);

class ModelFormatView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view name() const { return string("name"); }
  std::optional<std::string_view> version() const { return optional_string("version"); }
};

class StorageSpecView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::optional<std::string_view> key() const { return optional_string("key"); }
  std::optional<std::string_view> path() const { return optional_string("path"); }
  std::optional<std::string_view> schema_path() const { return optional_string("schemaPath"); }
  StringMapView parameters() const { return object<StringMapView>("parameters"); }
};

class ConfidentialSpecView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  bool enabled() const { return boolean("enabled").value_or(false); }
  std::optional<std::string_view> resource_id() const { return optional_string("resourceId"); }
};

/// KServe's PredictorExtensionSpec: `model`, and the field of each framework. It is a container too.
class ModelSpecView : public ContainerView {
 public:
  using ContainerView::ContainerView;
  ModelFormatView model_format() const { return object<ModelFormatView>("modelFormat"); }
  std::optional<std::string_view> runtime() const { return optional_string("runtime"); }
  std::optional<std::string_view> storage_uri() const { return optional_string("storageUri"); }
  std::optional<std::string_view> runtime_version() const { return optional_string("runtimeVersion"); }
  std::optional<std::string_view> protocol_version() const { return optional_string("protocolVersion"); }
  StorageSpecView storage() const { return object<StorageSpecView>("storage"); }
  ConfidentialSpecView confidential() const { return object<ConfidentialSpecView>("confidential"); }
};

class StorageUriView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view uri() const { return string("uri"); }
  std::string_view mount_path() const { return string("mountPath"); }
};

class MetricTargetView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view type() const { return string("type"); }
  const Value* target_value() const { return field("value"); }          // a quantity
  const Value* average_value() const { return field("averageValue"); }  // a quantity
  std::optional<std::int64_t> average_utilization() const { return integer("averageUtilization"); }
};

/// One source of a metric: resource (with `name`), external or podmetric (with `metric`).
class MetricSourceView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view name() const { return string("name"); }
  ObjectView metric() const { return object("metric"); }
  MetricTargetView target() const { return object<MetricTargetView>("target"); }
};

class MetricsSpecView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view type() const { return string("type"); }
  MetricSourceView resource() const { return object<MetricSourceView>("resource"); }
  MetricSourceView external() const { return object<MetricSourceView>("external"); }
  MetricSourceView podmetric() const { return object<MetricSourceView>("podmetric"); }
};

class AutoScalingView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  ListView<MetricsSpecView> metrics() const { return list<MetricsSpecView>("metrics"); }
  ObjectView behavior() const { return object("behavior"); }
};

class LoggerStorageView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::optional<std::string_view> path() const { return optional_string("path"); }
  std::optional<std::string_view> key() const { return optional_string("key"); }
  ObjectView parameters() const { return object("parameters"); }
  std::string_view service_account_name() const { return string("serviceAccountName"); }
};

class LoggerView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view mode() const { return string("mode"); }
  std::optional<std::string_view> url() const { return optional_string("url"); }
  LoggerStorageView storage() const { return object<LoggerStorageView>("storage"); }
};

class BatcherView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::optional<std::int64_t> max_batch_size() const { return integer("maxBatchSize"); }
  std::optional<std::int64_t> max_latency() const { return integer("maxLatency"); }
  std::optional<std::int64_t> timeout() const { return integer("timeout"); }
};

class WorkerSpecView : public PodSpecView {
 public:
  using PodSpecView::PodSpecView;
  std::optional<std::int64_t> pipeline_parallel_size() const { return integer("pipelineParallelSize"); }
  std::optional<std::int64_t> tensor_parallel_size() const { return integer("tensorParallelSize"); }
};

/// The fields of all components: those of a PodSpec and KServe's ComponentExtensionSpec.
class ComponentView : public PodSpecView {
 public:
  using PodSpecView::PodSpecView;
  std::optional<std::int64_t> min_replicas() const { return integer("minReplicas"); }
  std::optional<std::int64_t> max_replicas() const { return integer("maxReplicas"); }
  std::optional<std::int64_t> scale_target() const { return integer("scaleTarget"); }
  std::optional<std::string_view> scale_metric() const { return optional_string("scaleMetric"); }
  std::optional<std::string_view> scale_metric_type() const { return optional_string("scaleMetricType"); }
  AutoScalingView auto_scaling() const { return object<AutoScalingView>("autoScaling"); }
  std::optional<std::int64_t> container_concurrency() const { return integer("containerConcurrency"); }
  std::optional<std::int64_t> timeout() const { return integer("timeout"); }
  std::optional<std::int64_t> canary_traffic_percent() const { return integer("canaryTrafficPercent"); }
  LoggerView logger() const { return object<LoggerView>("logger"); }
  BatcherView batcher() const { return object<BatcherView>("batcher"); }
  StringMapView labels() const { return object<StringMapView>("labels"); }
  StringMapView annotations() const { return object<StringMapView>("annotations"); }
  ObjectView deployment_strategy() const { return object("deploymentStrategy"); }
  ListView<StorageUriView> storage_uris() const { return list<StorageUriView>("storageUris"); }
};

class PredictorView : public ComponentView {
 public:
  using ComponentView::ComponentView;
  /// The name of the variant; required in a canary.
  std::string_view name() const { return string("name"); }
  ModelSpecView model() const { return object<ModelSpecView>("model"); }
  ModelSpecView framework(std::string_view framework_name) const {
    return object<ModelSpecView>(framework_name);
  }
  WorkerSpecView worker_spec() const { return object<WorkerSpecView>("workerSpec"); }
  std::optional<std::string_view> storage_container_name() const {
    return optional_string("storageContainerName");
  }
};

class TransformerView : public ComponentView {
 public:
  using ComponentView::ComponentView;
};

/// KServe's ARTExplainerSpec: a container with its own storage and settings.
class ArtExplainerView : public ContainerView {
 public:
  using ContainerView::ContainerView;
  std::string_view type() const { return string("type"); }
  std::string_view storage_uri() const { return string("storageUri"); }
  std::optional<std::string_view> runtime_version() const { return optional_string("runtimeVersion"); }
  StorageSpecView storage() const { return object<StorageSpecView>("storage"); }
  StringMapView config() const { return object<StringMapView>("config"); }
};

class ExplainerView : public ComponentView {
 public:
  using ComponentView::ComponentView;
  ArtExplainerView art() const { return object<ArtExplainerView>("art"); }
};

/// One further version besides the stable predictor.
class CanaryView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  PredictorView predictor() const { return object<PredictorView>("predictor"); }
  std::optional<std::int64_t> traffic_percent() const { return integer("trafficPercent"); }
};

class InferenceServiceSpecView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  PredictorView predictor() const { return object<PredictorView>("predictor"); }
  TransformerView transformer() const { return object<TransformerView>("transformer"); }
  ExplainerView explainer() const { return object<ExplainerView>("explainer"); }
  /// The list of KServe v0.20. (The legacy spelling is an object with the same name: `field("canary")`.)
  ListView<CanaryView> canary() const { return list<CanaryView>("canary"); }
};

class InferenceServiceStatusView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  std::string_view deployment_mode() const { return string("deploymentMode"); }
  std::string_view serving_runtime_name() const { return string("servingRuntimeName"); }
  std::string_view cluster_serving_runtime_name() const { return string("clusterServingRuntimeName"); }
};

class InferenceServiceView : public ObjectView {
 public:
  using ObjectView::ObjectView;
  ObjectMetaView metadata() const { return object<ObjectMetaView>("metadata"); }
  InferenceServiceSpecView spec() const { return object<InferenceServiceSpecView>("spec"); }
  InferenceServiceStatusView status() const { return object<InferenceServiceStatusView>("status"); }
  /// As annotated, legacy spellings included; empty without the annotation.
  std::string_view deployment_mode() const {
    return metadata().annotations().get(kDeploymentModeAnnotation).value_or(std::string_view{});
  }
  /// True with the annotation `serving.kserve.io/stop: "true"`, in any case.
  bool is_stopped() const;
  /// True if Ready and annotated `serving.kserve.io/disable-auto-update: "true"`: its objects are not
  /// updated.
  bool is_left_alone() const;
};

/// The first framework, in KServe's order, whose field is present, or nullptr.
const Framework* first_framework(const PredictorView& predictor);

/// What serves a component. KServe calls them implementations and requires exactly one of them.
struct Implementation {
  enum class Kind { kFramework, kModel, kCustom, kArt };
  Kind kind;
  std::string_view field;  // "sklearn", "model", "containers", "art"
};

/// All implementations of `predictor`: the field of each framework, `model`, and `containers` (if one of them
/// is the serving container, or if there is nothing else). Two serving containers count twice, as in KServe.
std::vector<Implementation> implementations(const PredictorView& predictor);
std::vector<Implementation> implementations(const TransformerView& transformer);
std::vector<Implementation> implementations(const ExplainerView& explainer);

/// The storage URI of an implementation: the field of the model, or for a custom component the variable
/// STORAGE_URI of the serving container.
std::optional<std::string_view> storage_uri_of(const ComponentView& component,
                                               const Implementation& implementation);

/// A component with its path in the document.
struct ComponentAt {
  std::string_view name;  // "predictor", "transformer", "explainer"
  FieldPath path;
  ComponentView view;
};

/// The components that exist, in the order predictor, transformer, explainer. Without canaries: see
/// canary_predictors().
std::vector<ComponentAt> components(const InferenceServiceView& isvc);
std::vector<ComponentAt> canary_predictors(const InferenceServiceView& isvc);

}  // namespace modelgate::spec
