// SPDX-License-Identifier: Apache-2.0
#include "spec/schema_serving.h"

#include "spec/schema_core.h"

namespace modelgate::spec::schema {
namespace {

/// The Pod of a component: KServe's copy of the PodSpec. (Its Go type also has ephemeralContainers, its CRD
/// does not.)
constexpr auto kComponentPodFields = sorted(std::array{
    Field{"activeDeadlineSeconds", &kInt64},
    Field{"affinity", &kAffinity},
    Field{"automountServiceAccountToken", &kBoolean},
    Field{"containers", &kContainerListByName},
    Field{"dnsConfig", &kPodDNSConfig},
    Field{"dnsPolicy", &kString},
    Field{"enableServiceLinks", &kBoolean},
    Field{"hostAliases", &kHostAliasListByIp},
    Field{"hostIPC", &kBoolean},
    Field{"hostNetwork", &kBoolean},
    Field{"hostPID", &kBoolean},
    Field{"hostUsers", &kBoolean},
    Field{"hostname", &kString},
    Field{"hostnameOverride", &kString},
    Field{"imagePullSecrets", &kLocalObjectReferenceListByName},
    Field{"initContainers", &kContainerListByName},
    Field{"nodeName", &kString},
    Field{"nodeSelector", &kStringMap},
    Field{"os", &kPodOS},
    Field{"overhead", &kQuantityMap},
    Field{"preemptionPolicy", &kString},
    Field{"priority", &kInt32},
    Field{"priorityClassName", &kString},
    Field{"readinessGates", &kPodReadinessGateList},
    Field{"resourceClaims", &kPodResourceClaimListByName},
    Field{"resources", &kResourceRequirements},
    Field{"restartPolicy", &kString},
    Field{"runtimeClassName", &kString},
    Field{"schedulerName", &kString},
    Field{"schedulingGates", &kPodSchedulingGateListByName},
    Field{"schedulingGroup", &kPodSchedulingGroup},
    Field{"securityContext", &kPodSecurityContext},
    Field{"serviceAccount", &kString},
    Field{"serviceAccountName", &kString},
    Field{"setHostnameAsFQDN", &kBoolean},
    Field{"shareProcessNamespace", &kBoolean},
    Field{"subdomain", &kString},
    Field{"terminationGracePeriodSeconds", &kInt64},
    Field{"tolerations", &kTolerationList},
    Field{"topologySpreadConstraints", &kTopologySpreadConstraintListByTopologyKeyAndWhenUnsatisfiable},
    Field{"volumes", &kVolumeListByName},
});
constinit const Type kComponentPod = object("PodSpec", kComponentPodFields);

constexpr auto kStorageFields = sorted(std::array{
    Field{"key", &kString},
    Field{"parameters", &kSecretStringMap},
    Field{"path", &kString},
});
constinit const Type kStorage = object("StorageSpec", kStorageFields);

constexpr auto kLoggerStorageFields = sorted(std::array{Field{"serviceAccountName", &kString}});
constinit const Type kLoggerStorage = object("LoggerStorageSpec", kLoggerStorageFields, &kStorage);

constexpr auto kLoggerFields = sorted(std::array{
    Field{"batchInterval", &kString},
    Field{"batchSize", &kInt64},
    Field{"marshallerUrl", &kString},
    Field{"metadataAnnotations", &kStringList},
    Field{"metadataHeaders", &kStringList},
    Field{"mode", &kString},
    Field{"storage", &kLoggerStorage},
    Field{"url", &kString},
});
constinit const Type kLogger = object("LoggerSpec", kLoggerFields);

constexpr auto kBatcherFields = sorted(std::array{
    Field{"maxBatchSize", &kInt64},
    Field{"maxLatency", &kInt64},
    Field{"timeout", &kInt64},
});
constinit const Type kBatcher = object("Batcher", kBatcherFields);

constexpr auto kMetricTargetFields = sorted(std::array{
    Field{"averageUtilization", &kInt32},
    Field{"averageValue", &kQuantityOrInteger},
    Field{"type", &kString},
    Field{"value", &kQuantityOrInteger},
});
constinit const Type kMetricTarget = object("MetricTarget", kMetricTargetFields);

constexpr auto kResourceMetricFields =
    sorted(std::array{Field{"name", &kString}, Field{"target", &kMetricTarget}});
constinit const Type kResourceMetric = object("ResourceMetricSource", kResourceMetricFields);

constexpr auto kExternalMetricFields = sorted(std::array{
    Field{"backend", &kString},
    Field{"namespace", &kString},
    Field{"query", &kString},
    Field{"serverAddress", &kString},
});
constinit const Type kExternalMetric = object("ExternalMetrics", kExternalMetricFields);

constexpr auto kAuthenticationNameFields = sorted(std::array{Field{"name", &kString}});
constinit const Type kAuthenticationName = object("AuthenticationRef", kAuthenticationNameFields);
constexpr auto kAuthenticationFields = sorted(std::array{
    Field{"authModes", &kString},
    Field{"authenticationRef", &kAuthenticationName},
});
constinit const Type kAuthentication = object("ExtMetricAuthentication", kAuthenticationFields);

constexpr auto kExternalMetricSourceFields = sorted(std::array{
    Field{"authenticationRef", &kAuthentication},
    Field{"metric", &kExternalMetric},
    Field{"target", &kMetricTarget},
});
constinit const Type kExternalMetricSource = object("ExternalMetricSource", kExternalMetricSourceFields);

constexpr auto kPodMetricFields = sorted(std::array{
    Field{"backend", &kString},
    Field{"metricNames", &kStringList},
    Field{"operationOverTime", &kString},
    Field{"query", &kString},
    Field{"serverAddress", &kString},
});
constinit const Type kPodMetric = object("PodMetrics", kPodMetricFields);

constexpr auto kPodMetricSourceFields = sorted(std::array{
    Field{"metric", &kPodMetric},
    Field{"target", &kMetricTarget},
});
constinit const Type kPodMetricSource = object("PodMetricSource", kPodMetricSourceFields);

constexpr auto kMetricFields = sorted(std::array{
    Field{"external", &kExternalMetricSource},
    Field{"podmetric", &kPodMetricSource},
    Field{"resource", &kResourceMetric},
    Field{"type", &kString},
});
constinit const Type kMetric = object("MetricsSpec", kMetricFields);
constinit const Type kMetricList = list(kMetric);

constexpr auto kAutoScalingFields = sorted(std::array{
    Field{"behavior", &kHorizontalPodAutoscalerBehavior},
    Field{"metrics", &kMetricList},
});
constinit const Type kAutoScaling = object("AutoScalingSpec", kAutoScalingFields);

constexpr auto kComponentFields = sorted(std::array{
    Field{"annotations", &kStringMap},
    Field{"autoScaling", &kAutoScaling},
    Field{"batcher", &kBatcher},
    Field{"canaryTrafficPercent", &kInt64},
    Field{"containerConcurrency", &kInt64},
    Field{"deploymentStrategy", &kDeploymentStrategy},
    Field{"labels", &kStringMap},
    Field{"logger", &kLogger},
    Field{"maxReplicas", &kInt32},
    Field{"minReplicas", &kInt32},
    Field{"scaleMetric", &kString},
    Field{"scaleMetricType", &kString},
    Field{"scaleTarget", &kInt32},
    Field{"timeout", &kInt64},
});
constinit const Type kComponent = object("ComponentExtensionSpec", kComponentFields, &kComponentPod);

constexpr auto kStorageUriFields = sorted(std::array{Field{"mountPath", &kString}, Field{"uri", &kString}});
constinit const Type kStorageUri = object("StorageUri", kStorageUriFields);
constinit const Type kStorageUriList = list(kStorageUri, {"uri", "mountPath"});

constexpr auto kModelStorageFields = sorted(std::array{Field{"schemaPath", &kString}});
constinit const Type kModelStorage = object("ModelStorageSpec", kModelStorageFields, &kStorage);

constexpr auto kConfidentialFields =
    sorted(std::array{Field{"enabled", &kBoolean}, Field{"resourceId", &kString}});
constinit const Type kConfidential = object("ConfidentialSpec", kConfidentialFields);

// One field for each framework.
constexpr auto kFrameworkFields = sorted(std::array{
    Field{"confidential", &kConfidential},
    Field{"protocolVersion", &kString},
    Field{"runtimeVersion", &kString},
    Field{"storage", &kModelStorage},
    Field{"storageUri", &kString},
});
constinit const Type kFramework = object("PredictorExtensionSpec", kFrameworkFields, &kContainer);

constexpr auto kModelFormatFields = sorted(std::array{Field{"name", &kString}, Field{"version", &kString}});
constinit const Type kModelFormat = object("ModelFormat", kModelFormatFields);

constexpr auto kModelFields =
    sorted(std::array{Field{"modelFormat", &kModelFormat}, Field{"runtime", &kString}});
constinit const Type kModel = object("ModelSpec", kModelFields, &kFramework);

constexpr auto kWorkerFields = sorted(std::array{
    Field{"pipelineParallelSize", &kInt64},
    Field{"tensorParallelSize", &kInt64},
});
constinit const Type kWorker = object("WorkerSpec", kWorkerFields, &kComponentPod);

constexpr auto kPredictorFields = sorted(std::array{
    Field{"huggingface", &kFramework},
    Field{"lightgbm", &kFramework},
    Field{"model", &kModel},
    Field{"name", &kString},
    Field{"onnx", &kFramework},
    Field{"paddle", &kFramework},
    Field{"pmml", &kFramework},
    Field{"pytorch", &kFramework},
    Field{"sklearn", &kFramework},
    Field{"storageContainerName", &kString},
    Field{"storageUris", &kStorageUriList},
    Field{"tensorflow", &kFramework},
    Field{"triton", &kFramework},
    Field{"workerSpec", &kWorker},
    Field{"xgboost", &kFramework},
});
constinit const Type kPredictor = object("PredictorSpec", kPredictorFields, &kComponent);

constexpr auto kTransformerFields = sorted(std::array{Field{"storageUris", &kStorageUriList}});
constinit const Type kTransformer = object("TransformerSpec", kTransformerFields, &kComponent);

constexpr auto kArtFields = sorted(std::array{
    Field{"config", &kStringMap},
    Field{"runtimeVersion", &kString},
    Field{"storage", &kModelStorage},
    Field{"storageUri", &kString},
    Field{"type", &kString},
});
constinit const Type kArt = object("ARTExplainerSpec", kArtFields, &kContainer);

constexpr auto kExplainerFields =
    sorted(std::array{Field{"art", &kArt}, Field{"storageUris", &kStorageUriList}});
constinit const Type kExplainer = object("ExplainerSpec", kExplainerFields, &kComponent);

constexpr auto kCanaryFields =
    sorted(std::array{Field{"predictor", &kPredictor}, Field{"trafficPercent", &kInt32}});
constinit const Type kCanary = object("CanarySpec", kCanaryFields);
constinit const Type kCanaryList = [] {
  Type type = list(kCanary, {{"predictor.name"}});
  type.kind = Kind::kListOrElement;
  return type;
}();

constexpr auto kTracingFields = sorted(std::array{
    Field{"exporter", &kString},
    Field{"exporterEndpoint", &kString},
    Field{"sampler", &kString},
    Field{"samplerArg", &kString},
});
constinit const Type kTracing = object("TracingSpec", kTracingFields);

constexpr auto kSpecFields = sorted(std::array{
    Field{"canary", &kCanaryList},
    Field{"canaryTrafficPercent", &kInt64},
    Field{"explainer", &kExplainer},
    Field{"predictor", &kPredictor},
    Field{"tracing", &kTracing},
    Field{"transformer", &kTransformer},
});
constinit const Type kSpec = object("InferenceServiceSpec", kSpecFields);

constexpr auto kInferenceServiceFields = sorted(std::array{
    Field{"apiVersion", &kString},
    Field{"kind", &kString},
    Field{"metadata", &kObjectMeta},
    Field{"spec", &kSpec},
    Field{"status", &kAny},
});

// Runtimes.

constexpr auto kSupportedFormatFields = sorted(std::array{
    Field{"autoSelect", &kBoolean},
    Field{"name", &kString},
    Field{"priority", &kInt32},
    Field{"version", &kString},
});
constinit const Type kSupportedFormat = object("SupportedModelFormat", kSupportedFormatFields);
constinit const Type kSupportedFormatList = list(kSupportedFormat, {"name", "version"});

constexpr auto kRuntimePodFields = sorted(std::array{
    Field{"affinity", &kAffinity},
    Field{"annotations", &kStringMap},
    Field{"containers", &kContainerListByName},
    Field{"hostIPC", &kBoolean},
    Field{"imagePullSecrets", &kLocalObjectReferenceListByName},
    Field{"labels", &kStringMap},
    Field{"nodeSelector", &kStringMap},
    Field{"resourceClaims", &kPodResourceClaimListByName},
    Field{"schedulerName", &kString},
    Field{"tolerations", &kTolerationList},
    Field{"volumes", &kVolumeListByName},
});
constinit const Type kRuntimePod = object("ServingRuntimePodSpec", kRuntimePodFields);

constinit const Type kRuntimeWorker = object("WorkerSpec", kWorkerFields, &kRuntimePod);

constexpr auto kStorageHelperFields = sorted(std::array{Field{"disabled", &kBoolean}});
constinit const Type kStorageHelper = object("StorageHelper", kStorageHelperFields);

constexpr auto kBuiltInAdapterFields = sorted(std::array{
    Field{"env", &kEnvVarListByName},
    Field{"memBufferBytes", &kInt64},
    Field{"modelLoadingTimeoutMillis", &kInt64},
    Field{"runtimeManagementPort", &kInt64},
    Field{"serverType", &kString},
});
constinit const Type kBuiltInAdapter = object("BuiltInAdapter", kBuiltInAdapterFields);

constexpr auto kRuntimeSpecFields = sorted(std::array{
    Field{"builtInAdapter", &kBuiltInAdapter},
    Field{"disabled", &kBoolean},
    Field{"grpcDataEndpoint", &kString},
    Field{"grpcEndpoint", &kString},
    Field{"httpDataEndpoint", &kString},
    Field{"multiModel", &kBoolean},
    Field{"protocolVersions", &kStringList},
    Field{"replicas", &kUint16},
    Field{"storageHelper", &kStorageHelper},
    Field{"supportedModelFormats", &kSupportedFormatList},
    Field{"workerSpec", &kRuntimeWorker},
});
constinit const Type kRuntimeSpec = object("ServingRuntimeSpec", kRuntimeSpecFields, &kRuntimePod);

constexpr auto kServingRuntimeFields = sorted(std::array{
    Field{"apiVersion", &kString},
    Field{"kind", &kString},
    Field{"metadata", &kObjectMeta},
    Field{"spec", &kRuntimeSpec},
    Field{"status", &kAny},
});

// Storage containers.

constexpr auto kUriFormatFields = sorted(std::array{Field{"prefix", &kString}, Field{"regex", &kString}});
constinit const Type kUriFormat = object("SupportedUriFormat", kUriFormatFields);
constinit const Type kUriFormatList = list(kUriFormat);

constexpr auto kStorageContainerSpecFields = sorted(std::array{
    Field{"container", &kContainer},
    Field{"supportedUriFormats", &kUriFormatList},
    Field{"supportsMultiModelDownload", &kBoolean},
    Field{"workloadType", &kString},
});
constinit const Type kStorageContainerSpec = object("StorageContainerSpec", kStorageContainerSpecFields);

constexpr auto kStorageContainerFields = sorted(std::array{
    Field{"apiVersion", &kString},
    Field{"disabled", &kBoolean},
    Field{"kind", &kString},
    Field{"metadata", &kObjectMeta},
    Field{"spec", &kStorageContainerSpec},
});

}  // namespace

constinit const Type kInferenceService = object("InferenceService", kInferenceServiceFields);
constinit const Type kServingRuntime = object("ServingRuntime", kServingRuntimeFields);
constinit const Type kClusterStorageContainer = object("ClusterStorageContainer", kStorageContainerFields);

}  // namespace modelgate::spec::schema
