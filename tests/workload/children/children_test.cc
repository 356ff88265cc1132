// SPDX-License-Identifier: Apache-2.0
//
// The objects that are built for a service, one value a row. tests/conformance/children.py compares with
// recordings of KServe v0.20; these rows are for parts that the recordings do not contain, and for intended
// differences.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/workload/children/service_world.h"

namespace modelgate::workload {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The service of many rows.
constexpr std::string_view kPlain = "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt}}}";

// Go's functions in the templates of its runtime; and double quotes in them.
constexpr std::string_view kGo =
    "{metadata: {labels: {app.kubernetes.io/part-of: shop}, annotations: {served-name: churn-main}}, spec: "
    "{predictor: {model: {modelFormat: {name: sklearn}, runtime: go}}}}";
constexpr std::string_view kQuoted =
    "{metadata: {annotations: {served-name: churn-main}}, spec: {predictor: {model: {modelFormat: {name: "
    "sklearn}, runtime: quoted}}}}";

struct Row {
  const char* name;
  unsigned settings;
  std::string_view service;
  const char* object;  // Kind/name
  const char* pointer;
  const char* want;  // JSON text, "-" if absent
};

class BuiltFor : public ::testing::TestWithParam<Row> {};

TEST_P(BuiltFor, Service) {
  const Row& row = GetParam();
  ServiceWorld world(row.settings);
  const Rendered r = world.render(row.service);
  EXPECT_EQ(r.json(row.object, row.pointer), row.want)
      << ::testing::PrintToString(r.names()) << ::testing::PrintToString(r.problems());
}

std::string name_of(const ::testing::TestParamInfo<Row>& info) {
  return info.param.name;
}

constexpr const char* kDeployment = "Deployment/m-predictor";
constexpr const char* kService = "Service/m-predictor";
constexpr const char* kHpa = "HorizontalPodAutoscaler/m-predictor";
/// The API server's defaults for an empty `behavior`.
constexpr const char* kApiServersRules =
    R"({"scaleUp":{"stabilizationWindowSeconds":0,"selectPolicy":"Max","policies":[{"type":"Pods","value":4,"periodSeconds":15},{"type":"Percent","value":100,"periodSeconds":15}]},"scaleDown":{"selectPolicy":"Max","policies":[{"type":"Percent","value":100,"periodSeconds":15}]}})";

INSTANTIATE_TEST_SUITE_P(
    Containers, BuiltFor,
    ::testing::Values(
        Row{"TemplatesAreResolved", 0, kPlain, kDeployment, "/spec/template/spec/containers/0/args",
            R"(["--model_name=m","--ns=default"])"},
        Row{"ArgsOfBothAreConcatenated", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, args: "
            "['--x={{.Name}}']}}}",
            kDeployment, "/spec/template/spec/containers/0/args",
            R"(["--model_name=m","--ns=default","--x=m"])"},
        Row{"TheServicesVariablesComeFirst", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, env: [{name: C, value: "
            "c}, {name: "
            "B, value: b}]}}}",
            kDeployment, "/spec/template/spec/containers/0/env",
            R"([{"name":"C","value":"c"},{"name":"A","value":"runtime"},{"name":"B","value":"b"},{"name":"INFERENCE_SERVICE_NAME","value":"m"}])"},
        Row{"AVariableHasOneSource", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, env: [{name: "
            "INFERENCE_SERVICE_NAME, "
            "valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}}}",
            kDeployment, "/spec/template/spec/containers/0/env/0",
            R"({"name":"INFERENCE_SERVICE_NAME","value":"m"})"},
        Row{"QuantitiesAreCanonical", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, resources: {limits: {cpu: "
            "0.5, "
            "memory: 1024Mi}}}}}",
            kDeployment, "/spec/template/spec/containers/0/resources",
            R"({"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"500m","memory":"1Gi"}})"},
        Row{"ThePodsOfBothAreMerged", 0,
            "spec: {predictor: {nodeSelector: {zone: a}, volumes: [{name: own, emptyDir: {}}], model: "
            "{modelFormat: "
            "{name: sklearn}, runtime: rt}}}",
            kDeployment, "/spec/template/spec/nodeSelector", R"({"pool":"models","zone":"a"})"},
        Row{"NoFieldOfTheComponentIsInThePod", 0,
            "spec: {predictor: {minReplicas: 1, timeout: 5, labels: {a: b}, model: {modelFormat: {name: "
            "sklearn}, "
            "runtime: rt}}}",
            kDeployment, "/spec/template/spec/timeout", "-"},
        Row{"ImageByVersion", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, runtimeVersion: '2'}}}",
            kDeployment, "/spec/template/spec/containers/0/image", R"("example.com/server:2")"},
        Row{"ImageOfARegistryWithAPort", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, image: 'host:5000/x', "
            "runtimeVersion: '2'}}}",
            kDeployment, "/spec/template/spec/containers/0/image", R"("host:5000/x:2")"},
        Row{"ImageByDigestIsUnchanged", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, image: 'x@sha256:ab', "
            "runtimeVersion: '2'}}}",
            kDeployment, "/spec/template/spec/containers/0/image", R"("x@sha256:ab")"},
        Row{"ImageForAccelerators", 0,
            "spec: {predictor: {model: {modelFormat: {name: pytorch}, runtime: torch, resources: {limits: "
            "{nvidia.com/gpu: 1}}}}}",
            kDeployment, "/spec/template/spec/containers/0/image", R"("example.com/torch:1-gpu")"},
        Row{"ProbeOfTheFirstPort", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, ports: [{containerPort: "
            "9000}]}}}",
            kDeployment, "/spec/template/spec/containers/0/readinessProbe/tcpSocket/port", "9000"},
        Row{"OwnProbeIsUnchanged", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, readinessProbe: {exec: "
            "{command: "
            "[x]}}}}}",
            kDeployment, "/spec/template/spec/containers/0/readinessProbe", R"({"exec":{"command":["x"]}})"},
        Row{"MlServerHasAModel", 0,
            "spec: {predictor: {model: {modelFormat: {name: xgboost}, runtime: ml, storageUri: 's3://b/m'}}}",
            kDeployment, "/spec/template/spec/containers/0/env",
            R"([{"name":"MLSERVER_MODEL_NAME","value":"m"},{"name":"MLSERVER_MODEL_URI","value":"/mnt/models"},{"name":"CLASS","value":"mlserver_xgboost.XGBoostModel"},{"name":"INFERENCE_SERVICE_NAME","value":"m"}])"},
        Row{"MlServerHasNoModel", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: ml}}}", kDeployment,
            "/spec/template/spec/containers/0/env/0",
            R"({"name":"MLSERVER_LOAD_MODELS_AT_STARTUP","value":"false"})"},
        Row{"TorchServeWithV2", 0,
            "spec: {predictor: {model: {modelFormat: {name: pytorch}, runtime: torch, protocolVersion: v2}}}",
            kDeployment, "/spec/template/spec/containers/0/args", R"(["kservev2"])"},
        Row{"TritonWithoutAModel", 0,
            "spec: {predictor: {model: {modelFormat: {name: onnx}, runtime: triton}}}", kDeployment,
            "/spec/template/spec/containers/0/args", R"(["--model-control-mode=explicit"])"},
        Row{"CollocatedTransformer", 0,
            "spec: {predictor: {containers: [{name: transformer-container, env: [{name: X, value: y}]}, "
            "{name: more, "
            "image: i}], model: {modelFormat: {name: sklearn}, runtime: collocated}}}",
            kDeployment, "/spec/template/spec/containers/1/args", R"(["--name=m"])"},
        Row{"OtherContainersComeLast", 0,
            "spec: {predictor: {containers: [{name: transformer-container}, {name: more, image: i}], model: "
            "{modelFormat: {name: sklearn}, runtime: collocated}}}",
            kDeployment, "/spec/template/spec/containers/3/name", R"("more")"},
        Row{"RequestsGoToACollocatedTransformer", 0,
            "spec: {predictor: {containers: [{name: transformer-container, ports: [{containerPort: 7777}]}], "
            "model: "
            "{modelFormat: {name: sklearn}, runtime: collocated}}}",
            kService, "/spec/ports/0/targetPort", "7777"},
        Row{"FunctionsInATemplate", 0, kGo, kDeployment, "/spec/template/spec/containers/0/args",
            R"(["--name=churn-main","--tier=small","--debug","--none="])"},
        Row{"FunctionsInATemplateInCompatible", kCompatible, kGo, kDeployment,
            "/spec/template/spec/containers/0/args",
            R"(["--name=churn-main","--tier=small","--debug","--none="])"},
        Row{"KeyWithASlashInATemplate", 0, kGo, kDeployment, "/spec/template/spec/containers/0/env/0/value",
            R"("shop")"},
        Row{"DoubleQuotesInATemplate", 0, kQuoted, kDeployment, "/spec/template/spec/containers/0/args/0",
            R"("churn-main")"},
        Row{"StorageUriInATemplate", 0,
            "{metadata: {labels: {team: t}, annotations: {owner: o}}, spec: {predictor: {model: "
            "{modelFormat: {name: "
            "sklearn}, runtime: templated, storageUri: 's3://b/m'}}}}",
            kDeployment, "/spec/template/spec/containers/0/args", R"(["t","o","s3://b/m","amb"])"},
        Row{"AMissingLabelInCompatible", kCompatible,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: templated}}}", kDeployment,
            "/spec/template/spec/containers/0/args/0", R"("")"},
        Row{"AnAnnotationIsEscapedInCompatible", kCompatible,
            "{metadata: {annotations: {owner: 'a&b+<c>'}}, spec: {predictor: {model: {modelFormat: {name: "
            "sklearn}, runtime: templated}}}}",
            kDeployment, "/spec/template/spec/containers/0/args/1", R"("a&amp;b&#43;&lt;c&gt;")"},
        Row{"AnAnnotationIsNotEscapedInStrict", 0,
            "{metadata: {labels: {team: t}, annotations: {owner: 'a&b'}}, spec: {predictor: {model: "
            "{modelFormat: {name: sklearn}, runtime: templated, storageUri: 's3://b/m'}}}}",
            kDeployment, "/spec/template/spec/containers/0/args/1", R"("a&b")"},
        Row{"ClaimsOfTheRuntime", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: claiming}}}", kDeployment,
            "/spec/template/spec/resourceClaims", R"([{"name":"gpu","resourceClaimTemplateName":"t"}])"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Metadata, BuiltFor,
    ::testing::Values(
        Row{"LabelsOfAll", 0,
            "{metadata: {labels: {team: service, own: s}}, spec: {predictor: {labels: {own: p}, model: "
            "{modelFormat: "
            "{name: sklearn}, runtime: rt}}}}",
            kDeployment, "/metadata/labels",
            R"({"app":"isvc.m-predictor","component":"predictor","from":"runtime","own":"p","serving.kserve.io/inferenceservice":"m","team":"service"})"},
        Row{"AppIsOurs", 0,
            "{metadata: {labels: {app: mine}}, spec: {predictor: {model: {modelFormat: {name: sklearn}, "
            "runtime: rt}}}}",
            kDeployment, "/spec/template/metadata/labels/app", R"("isvc.m-predictor")"},
        Row{"ForbiddenAnnotation", kForbidden,
            "{metadata: {annotations: {secret: x}}, spec: {predictor: {annotations: {secret: z}, model: "
            "{modelFormat: {name: sklearn}, runtime: rt}}}}",
            kDeployment, "/metadata/annotations/secret", "-"},
        Row{"AllowedAnnotation", 0,
            "{metadata: {annotations: {secret: x}}, spec: {predictor: {annotations: {secret: z}, model: "
            "{modelFormat: {name: sklearn}, runtime: rt}}}}",
            kDeployment, "/metadata/annotations/secret", R"("z")"},
        Row{"OurAnnotationsAreNotCopied", 0,
            "{metadata: {annotations: {modelgate.io/defaults: '{}'}}, spec: {predictor: {model: "
            "{modelFormat: {name: "
            "sklearn}, runtime: rt}}}}",
            kDeployment, "/spec/template/metadata/annotations/modelgate.io~1defaults", "-"},
        Row{"Owner", 0, kPlain, kService, "/metadata/ownerReferences",
            R"([{"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","name":"m","uid":"u-1","controller":true,"blockOwnerDeletion":true}])"},
        Row{"StorageByKey", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, storage: {key: k, path: "
            "/a/b, "
            "parameters: {z: '1', a: '2'}}}}}",
            kDeployment, "/metadata/annotations/internal.serving.kserve.io~1storage-initializer-sourceuri",
            R"("<scheme-placeholder>://a/b")"},
        Row{"StorageParametersAreSorted", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, storage: {key: k, path: "
            "/a/b, "
            "parameters: {z: '1', a: '2'}}}}}",
            kDeployment, "/metadata/annotations/internal.serving.kserve.io~1storage-spec-param",
            R"("{\"a\":\"2\",\"z\":\"1\"}")"},
        Row{"ForbiddenLabelIsNotOnRoutes", kForbidden | kGatewayApi,
            "{metadata: {labels: {secret: x, open: yes-it-is}}, spec: {predictor: {model: {modelFormat: "
            "{name: "
            "sklearn}, "
            "runtime: rt}}}}",
            "HTTPRoute/m", "/metadata/labels", R"({"open":"yes-it-is"})"},
        Row{"LastAppliedIsNotOnTheIngress", 0,
            "{metadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: x, a: b}}, spec: "
            "{predictor: "
            "{model: {modelFormat: {name: sklearn}, runtime: rt}}}}",
            "Ingress/m", "/metadata/annotations", R"({"a":"b"})"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Deployments, BuiltFor,
    ::testing::Values(
        Row{"StrategyOfTheConfiguration", kRollout, kPlain, kDeployment, "/spec/strategy/rollingUpdate",
            R"({"maxUnavailable":"0","maxSurge":"1"})"},
        Row{"StrategyOfTheServiceHasPrecedence", kRollout,
            "spec: {predictor: {deploymentStrategy: {type: Recreate}, model: {modelFormat: {name: sklearn}, "
            "runtime: "
            "rt}}}",
            kDeployment, "/spec/strategy", R"({"type":"Recreate"})"},
        Row{"NoReplicasWithAnAutoscaler", 0,
            "spec: {predictor: {minReplicas: 3, model: {modelFormat: {name: sklearn}, runtime: rt}}}",
            kDeployment, "/spec/replicas", "-"},
        Row{"ReplicasWithoutAnAutoscaler", 0,
            "{metadata: {annotations: {serving.kserve.io/autoscalerClass: none}}, spec: {predictor: "
            "{minReplicas: 3, "
            "model: {modelFormat: {name: sklearn}, runtime: rt}}}}",
            kDeployment, "/spec/replicas", "3"},
        Row{"OneReplicaWithoutANumber", 0,
            "{metadata: {annotations: {serving.kserve.io/autoscalerClass: none}}, spec: {predictor: {model: "
            "{modelFormat: {name: sklearn}, runtime: rt}}}}",
            kDeployment, "/spec/replicas", "1"},
        Row{"NoReplicasWithAnotherAutoscaler", 0,
            "{metadata: {annotations: {serving.kserve.io/autoscalerClass: external}}, spec: {predictor: "
            "{minReplicas: 3, model: {modelFormat: {name: sklearn}, runtime: rt}}}}",
            kDeployment, "/spec/replicas", "-"},
        Row{"HeadlessService", kHeadless, kPlain, kService, "/spec/clusterIP", R"("None")"},
        Row{"ServiceWithAnAddress", 0, kPlain, kService, "/spec/clusterIP", "-"},
        Row{"GrpcPort", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, ports: [{name: http1, "
            "containerPort: "
            "8080}, {name: grpc, containerPort: 9000}]}}}",
            kService, "/spec/ports/1",
            R"({"name":"grpc","protocol":"TCP","port":9000,"targetPort":9000,"appProtocol":"kubernetes.io/h2c"})"},
        Row{"TheAgentsPort", 0,
            "spec: {predictor: {logger: {mode: all}, model: {modelFormat: {name: sklearn}, runtime: rt, "
            "ports: "
            "[{containerPort: 8080}]}}}",
            kService, "/spec/ports/0/targetPort", "9081"}),
    name_of);

constexpr std::string_view kKedaPods =
    "{metadata: {annotations: {serving.kserve.io/autoscalerClass: keda}}, spec: {predictor: {minReplicas: 0, "
    "maxReplicas: 4, autoScaling: {metrics: [{type: PodMetric, podmetric: {metric: {backend: opentelemetry, "
    "metricNames: [q], query: q, operationOverTime: avg}, target: {type: Value, value: 4}}}, {type: "
    "External, "
    "external: {metric: {backend: prometheus, serverAddress: 'http://p', query: r, namespace: ns}, target: "
    "{type: "
    "Value, value: '1.5'}, authenticationRef: {authModes: basic, authenticationRef: {name: creds}}}}]}, "
    "model: "
    "{modelFormat: {name: sklearn}, runtime: rt}}}}";

INSTANTIATE_TEST_SUITE_P(
    Autoscalers, BuiltFor,
    ::testing::Values(
        Row{"CpuByDefault", 0, kPlain, kHpa, "/spec/metrics",
            R"([{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}])"},
        Row{"NeverLessThanOne", 0,
            "spec: {predictor: {minReplicas: 0, model: {modelFormat: {name: sklearn}, runtime: rt}}}", kHpa,
            "/spec/minReplicas", "1"},
        Row{"MaximumIsAtLeastTheMinimum", 0,
            "spec: {predictor: {minReplicas: 5, maxReplicas: 2, model: {modelFormat: {name: sklearn}, "
            "runtime: rt}}}",
            kHpa, "/spec/maxReplicas", "5"},
        Row{"ConcurrencyByTheConfiguredName", kPodMetrics,
            "spec: {predictor: {scaleMetric: concurrency, scaleTarget: 10, model: {modelFormat: {name: "
            "sklearn}, runtime: rt}}}",
            kHpa, "/spec/metrics/0/pods/metric", R"({"name":"busy"})"},
        Row{"RequestsByTheConfiguredName", kPodMetrics,
            "spec: {predictor: {scaleMetric: rps, scaleTarget: 10, model: {modelFormat: {name: "
            "sklearn}, runtime: rt}}}",
            kHpa, "/spec/metrics/0/pods/metric", R"({"name":"rate"})"},
        Row{"Concurrency", 0,
            "spec: {predictor: {scaleMetric: concurrency, scaleTarget: 10, model: {modelFormat: {name: "
            "sklearn}, "
            "runtime: rt}}}",
            kHpa, "/spec/metrics/0/pods",
            R"({"metric":{"name":"requests_in_flight"},"target":{"type":"AverageValue","averageValue":"10"}})"},
        Row{"RequestsPerSecond", 0,
            "spec: {predictor: {scaleMetric: rps, scaleTarget: 10, model: {modelFormat: {name: sklearn}, "
            "runtime: "
            "rt}}}",
            kHpa, "/spec/metrics/0/pods/metric/name", R"("requests_per_second")"},
        Row{"SeveralMetrics", 0,
            "spec: {predictor: {autoScaling: {metrics: [{type: Resource, resource: {name: memory, target: "
            "{type: "
            "AverageValue, averageValue: 10Gi}}}, {type: Resource, resource: {name: cpu, target: {type: "
            "Utilization, averageUtilization: 50}}}]}, model: {modelFormat: {name: sklearn}, runtime: rt}}}",
            kHpa, "/spec/metrics/1/resource/target/averageUtilization", "50"},
        Row{"BehaviorInStrict", 0,
            "spec: {predictor: {autoScaling: {metrics: [], behavior: {scaleDown: "
            "{stabilizationWindowSeconds: 60}}}, "
            "model: {modelFormat: {name: sklearn}, runtime: rt}}}",
            kHpa, "/spec/behavior/scaleDown", R"({"stabilizationWindowSeconds":60})"},
        Row{"BehaviorInCompatible", kCompatible,
            "spec: {predictor: {autoScaling: {metrics: [], behavior: {scaleDown: "
            "{stabilizationWindowSeconds: 60}}}, "
            "model: {modelFormat: {name: sklearn}, runtime: rt}}}",
            kHpa, "/spec/behavior", kApiServersRules},
        Row{"NoBehavior", kCompatible,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt}}}", kHpa, "/spec/behavior",
            kApiServersRules},
        Row{"ConfiguredWindow", 0, kPlain, kHpa, "/spec/behavior/scaleDown/stabilizationWindowSeconds",
            "300"},
        Row{"ConfiguredWindowBesideAnother", 0,
            "spec: {predictor: {autoScaling: {metrics: [], behavior: {scaleUp: {stabilizationWindowSeconds: 5}}}, "
            "model: {modelFormat: {name: sklearn}, runtime: rt}}}",
            kHpa, "/spec/behavior/scaleDown/stabilizationWindowSeconds", "300"},
        Row{"AverageValueOfCpu", 0,
            "spec: {predictor: {autoScaling: {metrics: [{type: Resource, resource: {name: cpu, target: {type: "
            "AverageValue, averageValue: 500m}}}]}, model: {modelFormat: {name: sklearn}, runtime: rt}}}",
            kHpa, "/spec/metrics/0/resource/target", R"({"type":"AverageValue","averageValue":"500m"})"},
        Row{"AverageValueOfCpuInCompatible", kCompatible,
            "spec: {predictor: {autoScaling: {metrics: [{type: Resource, resource: {name: cpu, target: {type: "
            "AverageValue, averageValue: 500m}}}]}, model: {modelFormat: {name: sklearn}, runtime: rt}}}",
            kHpa, "/spec/metrics/0/resource/target", R"({"type":"Utilization","averageUtilization":80})"},
        Row{"ScaleTargetBesideABehavior", 0,
            "spec: {predictor: {scaleTarget: 30, autoScaling: {behavior: {scaleDown: {}}}, model: {modelFormat: "
            "{name: sklearn}, runtime: rt}}}",
            kHpa, "/spec/metrics/0/resource/target/averageUtilization", "30"},
        Row{"EmptyRules", 0,
            "spec: {predictor: {autoScaling: {metrics: [], behavior: {scaleDown: {}}}, "
            "model: {modelFormat: {name: sklearn}, runtime: rt}}}",
            kHpa, "/spec/behavior/scaleDown",
            R"({"selectPolicy":"Max","policies":[{"type":"Percent","value":100,"periodSeconds":15}],"stabilizationWindowSeconds":300})"},
        Row{"KedaByPods", 0, kKedaPods, "ScaledObject/m-predictor", "/spec/triggers/0/metadata",
            R"j({"metricQuery":"sum(q{namespace=\"default\", deployment=\"m-predictor\"})","targetValue":"4","scalerAddress":"keda-otel-scaler.keda.svc:4318","operationOverTime":"avg"})j"},
        Row{"KedaByPrometheus", 0, kKedaPods, "ScaledObject/m-predictor", "/spec/triggers/1",
            R"({"type":"prometheus","metadata":{"serverAddress":"http://p","query":"r","threshold":"1.5","namespace":"ns","authModes":"basic"},"authenticationRef":{"name":"creds"}})"},
        Row{"KedaScalesToZero", 0, kKedaPods, "ScaledObject/m-predictor", "/spec/minReplicaCount", "0"},
        Row{"KedasCollector", 0, kKedaPods, "OpenTelemetryCollector/m-predictor",
            "/spec/config/processors/filter~1metrics/metrics/include/metric_names", R"(["q"])"},
        Row{"KedaOwnsReplicas", 0, kKedaPods, kDeployment, "/spec/replicas", "-"}),
    name_of);

constexpr std::string_view kCanaries =
    "spec: {predictor: {minReplicas: 10, serviceAccountName: sa, model: {modelFormat: {name: sklearn}, "
    "runtime: rt, "
    "storageUri: 's3://b/1'}}, canary: [{trafficPercent: 25, predictor: {name: v2, model: {storageUri: "
    "'s3://b/2'}}}, "
    "{trafficPercent: 10, predictor: {name: v3, minReplicas: 2}}]}";
constexpr std::string_view kAllThree =
    "spec: {predictor: {timeout: 5, model: {modelFormat: {name: sklearn}, runtime: rt}}, transformer: "
    "{timeout: 7, "
    "containers: [{name: kserve-container, image: t, ports: [{name: h1, containerPort: 8080}, {name: grpc, "
    "containerPort: 9000}]}]}, explainer: {art: {type: SquareAttack, args: [--x], config: {b: '1', a: "
    "'2'}}}}";

constexpr std::string_view kFrameworkCanary =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt}}, canary: [{trafficPercent: 10, "
    "predictor: {name: v2, sklearn: {storageUri: 's3://b/2'}}}]}";

INSTANTIATE_TEST_SUITE_P(
    Canaries, BuiltFor,
    ::testing::Values(
        Row{"InheritsWhatItDoesNotSay", 0, kCanaries, "Deployment/m-v2-predictor",
            "/spec/template/spec/serviceAccountName", R"("sa")"},
        Row{"HasItsOwnModel", 0, kCanaries, "Deployment/m-v2-predictor",
            "/metadata/annotations/internal.serving.kserve.io~1storage-initializer-sourceuri",
            R"("s3://b/2")"},
        Row{"ItsFrameworkFieldHasTheModel", 0, kFrameworkCanary, "Deployment/m-v2-predictor",
            "/metadata/annotations/internal.serving.kserve.io~1storage-initializer-sourceuri",
            R"("s3://b/2")"},
        Row{"ItHasOneModel", 0, kFrameworkCanary, "Deployment/m-v2-predictor",
            "/metadata/annotations/internal.serving.kserve.io~1agent", "-"},
        Row{"ReplicasByShare", 0, kCanaries, "HorizontalPodAutoscaler/m-v2-predictor", "/spec/minReplicas",
            "3"},
        Row{"OwnReplicas", 0, kCanaries, "HorizontalPodAutoscaler/m-v3-predictor", "/spec/maxReplicas", "2"},
        Row{"TheStableVersionScalesDown", kGatewayApi, kCanaries, kHpa, "/spec/minReplicas", "5"},
        Row{"NotWithoutASplittingRoute", 0, kCanaries, kHpa, "/spec/minReplicas", "10"},
        Row{"InCompatibleAlsoWithoutOne", kCompatible, kCanaries, kHpa, "/spec/minReplicas", "5"},
        Row{"WeightsAreSplit", kGatewayApi, kCanaries, "HTTPRoute/m", "/spec/rules/0/backendRefs/0/weight",
            "65"},
        Row{"WeightOfACanary", kGatewayApi, kCanaries, "HTTPRoute/m-predictor",
            "/spec/rules/0/backendRefs/2/weight", "10"}),
    name_of);

constexpr std::string_view kNamed =
    "spec: {predictor: {name: v2, model: {modelFormat: {name: sklearn}, runtime: rt}}}";

INSTANTIATE_TEST_SUITE_P(
    Routes, BuiltFor,
    ::testing::Values(
        Row{"ANamedPredictorRetainsItsRoute", kGatewayApi, kNamed, "HTTPRoute/m-predictor",
            "/spec/hostnames/0", R"("m-predictor-default.example.com")"},
        Row{"ItsRouteHasItAsBackend", kGatewayApi, kNamed, "HTTPRoute/m-predictor",
            "/spec/rules/0/backendRefs/0/name", R"("m-v2-predictor")"},
        Row{"IngressOfThree", 0, kAllThree, "Ingress/m", "/spec/rules/0/host", R"("m-default.example.com")"},
        Row{"DottedHost", kDottedDomain, kPlain, "Ingress/m", "/spec/rules/0/host",
            R"("m.default.example.com")"},
        Row{"NoneIfDisabled", kNoIngress, kPlain, "Ingress/m", "", "-"},
        Row{"NoneForClusterLocal", 0,
            "{metadata: {labels: {networking.kserve.io/visibility: cluster-local}}, spec: {predictor: "
            "{model: "
            "{modelFormat: {name: sklearn}, runtime: rt}}}}",
            "Ingress/m", "", "-"},
        Row{"ExplainRuleIsFirst", kGatewayApi, kAllThree, "HTTPRoute/m", "/spec/rules/0/backendRefs/0/name",
            R"("m-explainer")"},
        Row{"GrpcUsesItsPort", kGatewayApi, kAllThree, "HTTPRoute/m", "/spec/rules/1/backendRefs/0/port",
            "9000"},
        Row{"RestUsesPort80", kGatewayApi, kAllThree, "HTTPRoute/m", "/spec/rules/2/backendRefs/0/port",
            "80"},
        Row{"TimeoutOfTheEntrance", kGatewayApi, kAllThree, "HTTPRoute/m", "/spec/rules/1/timeouts/request",
            R"("7s")"},
        Row{"TimeoutOfThePredictor", kGatewayApi, kAllThree, "HTTPRoute/m-predictor",
            "/spec/rules/0/timeouts/request", R"("5s")"},
        Row{"MoreDomains", kGatewayApi | kMoreDomains, kPlain, "HTTPRoute/m", "/spec/hostnames",
            R"(["m-default.example.com","m-default.a.example","m-default.b.example"])"},
        Row{"ExplainersArgs", 0, kAllThree, "Deployment/m-explainer", "/spec/template/spec/containers/0/args",
            R"(["--model_name","m","--http_port","8080","--predictor_host","m-predictor.default","--adversary_type","SquareAttack","--a","2","--b","1","--x","--x"])"},
        Row{"ExplainerWithoutAType", 0,
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt}}, explainer: {art: {}}}",
            "Deployment/m-explainer", "/spec/template/spec/containers/0/args/7", R"("")"},
        Row{"UnknownFieldsAreOmitted", 0,
            "spec: {predictor: {containers: [{name: kserve-container, image: i, imagee: j}]}}", kDeployment,
            "/spec/template/spec/containers/0/imagee", "-"},
        Row{"TransformersArgs", 0, kAllThree, "Deployment/m-transformer",
            "/spec/template/spec/containers/0/args",
            R"(["--model_name","m","--predictor_host","m-predictor.default","--http_port","8080"])"}),
    name_of);

constexpr std::string_view kNodes =
    "{metadata: {annotations: {serving.kserve.io/autoscalerClass: none}}, spec: {predictor: {minReplicas: 1, "
    "workerSpec: {pipelineParallelSize: 3, tensorParallelSize: 2}, model: {modelFormat: {name: huggingface}, "
    "runtime: "
    "nodes, storageUri: 'pvc://claim/m', resources: {requests: {nvidia.com/gpu: '2'}}}}}}";

constexpr std::string_view kNamedNodes =
    "{metadata: {annotations: {serving.kserve.io/autoscalerClass: none}}, spec: {predictor: {name: blue, "
    "workerSpec: {}, model: {modelFormat: {name: huggingface}, runtime: nodes, storageUri: "
    "'pvc://claim/m'}}}}";

constexpr std::string_view kNodesAsTheirRuntimeSays =
    "{metadata: {annotations: {serving.kserve.io/autoscalerClass: none, head-only: '1'}}, spec: {predictor: "
    "{annotations: {serving.kserve.io/gpu-resource-types: '[\"acme.com/gpu\"]'}, workerSpec: {containers: "
    "[{name: worker-container, resources: {requests: {acme.com/gpu: '1'}}}]}, model: {modelFormat: {name: "
    "huggingface}, runtime: nodes, storageUri: 'pvc://claim/m', resources: {requests: {nvidia.com/gpu: "
    "'2'}}}}}}";

INSTANTIATE_TEST_SUITE_P(
    MultiNode, BuiltFor,
    ::testing::Values(
        Row{"TheHeadsVariables", 0, kNodes, kDeployment, "/spec/template/spec/containers/0/env",
            R"([{"name":"INFERENCE_SERVICE_NAME","value":"m"},{"name":"PIPELINE_PARALLEL_SIZE","value":"3"},{"name":"TENSOR_PARALLEL_SIZE","value":"2"},{"name":"RAY_NODE_COUNT","value":"5"},{"name":"REQUEST_GPU_COUNT","value":"2"},{"name":"MODEL_NAME","value":"m"},{"name":"MODEL_DIR","value":"/mnt/models"}])"},
        Row{"TheHeadsAccelerators", 0, kNodes, kDeployment, "/spec/template/spec/containers/0/resources",
            R"({"requests":{"cpu":"1","nvidia.com/gpu":"2"},"limits":{"nvidia.com/gpu":"2"}})"},
        Row{"Workers", 0, kNodes, "Deployment/m-predictor-worker", "/spec/replicas", "4"},
        Row{"WorkersFindTheHead", 0, kNodes, "Deployment/m-predictor-worker",
            "/spec/template/spec/containers/0/env/5", R"({"name":"HEAD_SVC","value":"m-head-3"})"},
        Row{"WorkersOfANamedPredictorFindTheHead", 0, kNamedNodes, "Deployment/m-predictor-worker",
            "/spec/template/spec/containers/0/env/5", R"({"name":"HEAD_SVC","value":"m-blue-head-3"})"},
        Row{"TheHeadServiceOfANamedPredictor", 0, kNamedNodes, "Service/m-blue-head-3", "/spec/selector/app",
            R"("isvc.m-blue-predictor")"},
        Row{"WorkersOfANamedPredictorDoNotInKServe", kCompatible, kNamedNodes,
            "Deployment/m-predictor-worker", "/spec/template/spec/containers/0/env/5",
            R"({"name":"HEAD_SVC","value":"m-head-3"})"},
        Row{"WorkersSurge", 0, kNodes, "Deployment/m-predictor-worker", "/spec/strategy/rollingUpdate",
            R"({"maxUnavailable":"0%","maxSurge":"100%"})"},
        Row{"WorkersTemplates", 0, kNodes, "Deployment/m-predictor-worker",
            "/spec/template/spec/containers/0/args", R"(["worker","m"])"},
        Row{"WorkersTemplatesInCompatible", kCompatible, kNodes, "Deployment/m-predictor-worker",
            "/spec/template/spec/containers/0/args", R"(["worker","{{.Name}}"])"},
        Row{"WorkersLabels", 0, kNodes, "Deployment/m-predictor-worker", "/spec/template/metadata/labels",
            R"({"app":"isvc.m-predictor-worker","component":"predictor","isvc.generation":"3","of":"workers","serving.kserve.io/inferenceservice":"m"})"},
        Row{"AnnotationsOfTheHeadAreNotOnWorkers", 0, kNodes, "Deployment/m-predictor-worker",
            "/metadata/annotations/head-only", "-"},
        Row{"WorkersClaims", 0, kNodes, "Deployment/m-predictor-worker", "/spec/template/spec/resourceClaims",
            R"([{"name":"fabric","resourceClaimTemplateName":"fabric"}])"},
        Row{"AnnotationsOfTheServiceAreOnWorkers", 0, kNodesAsTheirRuntimeSays,
            "Deployment/m-predictor-worker", "/metadata/annotations/head-only", R"("1")"},
        Row{"AcceleratorsThatThePredictorNames", 0, kNodesAsTheirRuntimeSays, "Deployment/m-predictor-worker",
            "/spec/template/spec/containers/0/resources",
            R"({"requests":{"acme.com/gpu":"1"},"limits":{"acme.com/gpu":"1"}})"},
        Row{"HeadService", 0, kNodes, "Service/m-head-3", "/spec",
            R"({"selector":{"app":"isvc.m-predictor","isvc.generation":"3"},"clusterIP":"None","publishNotReadyAddresses":true})"},
        Row{"WorkersService", 0, kNodes, "Service/m-workers-3", "/spec/selector/app",
            R"("isvc.m-predictor-worker")"}),
    name_of);

TEST(WantedObjects, AreInTheOrderOfTheirApply) {
  ServiceWorld world;
  EXPECT_THAT(world.render(kPlain).names(),
              ElementsAre("ConfigMap modelconfig-m-0", "Service m-predictor", "Deployment m-predictor",
                          "HorizontalPodAutoscaler m-predictor", "Ingress m"));
}

TEST(WantedObjects, AreDeterministic) {
  ServiceWorld world(kGatewayApi);
  const Rendered once = world.render(kCanaries);
  const Rendered again = world.render(kCanaries);
  ASSERT_EQ(once.names(), again.names());
  for (std::size_t i = 0; i < once.wanted.objects.size(); ++i) {
    EXPECT_EQ(spec::to_json(once.wanted.objects[i].object), spec::to_json(again.wanted.objects[i].object));
  }
}

TEST(WantedObjects, OfAStoppedServiceAreOnlyItsModels) {
  ServiceWorld world;
  const Rendered r = world.render(
      "{metadata: {annotations: {serving.kserve.io/stop: 'True'}}, spec: {predictor: {model: {modelFormat: "
      "{name: "
      "sklearn}, runtime: rt}}}}");
  EXPECT_TRUE(r.wanted.stopped);
  EXPECT_THAT(r.names(), ElementsAre("ConfigMap modelconfig-m-0"));
  EXPECT_TRUE(r.wanted.objects.at(0).create_only);
}

TEST(WantedObjects, RoutesHaveOnlyReadyBackends) {
  ServiceWorld world(kGatewayApi);
  ReadyComponents ready{.predictor = true, .transformer = false, .explainer = true, .canaries = {}};
  const Rendered r = world.render(kAllThree, &ready);
  EXPECT_TRUE(r.find("HTTPRoute/m-predictor"));
  EXPECT_TRUE(r.find("HTTPRoute/m-explainer"));
  EXPECT_FALSE(r.find("HTTPRoute/m-transformer"));
  EXPECT_FALSE(r.find("HTTPRoute/m"));
}

TEST(Canaries, GetTheirShareOnceTheyAreReady) {
  ServiceWorld world(kGatewayApi);
  const ReadyComponents ready{.predictor = true, .canaries = {"v3"}};
  const Rendered r = world.render(kCanaries, &ready);
  EXPECT_EQ(r.json("HTTPRoute/m", "/spec/rules/0/backendRefs/0/weight"), "90");
  EXPECT_EQ(r.json("HTTPRoute/m", "/spec/rules/0/backendRefs/1/name"), R"("m-v3-predictor")");
  EXPECT_EQ(r.json("HTTPRoute/m", "/spec/rules/0/backendRefs/2"), "-");
  EXPECT_EQ(r.json(kHpa, "/spec/minReplicas"), "8");
}

TEST(Canaries, AreReportedIfTheRouteCannotSplit) {
  ServiceWorld world;
  EXPECT_THAT(world.render(kCanaries).problems(),
              ElementsAre("~canary TrafficNotSplit spec.canary[0].trafficPercent",
                          "~canary TrafficNotSplit spec.canary[1].trafficPercent"));
}

constexpr std::string_view kKedaCanary =
    "{metadata: {annotations: {serving.kserve.io/autoscalerClass: keda}}, spec: {predictor: {minReplicas: 4, "
    "maxReplicas: 4, autoScaling: {metrics: [{type: Resource, resource: {name: cpu, target: {type: "
    "Utilization}}}]}, "
    "model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/1'}}, canary: [{trafficPercent: "
    "0, "
    "predictor: {name: v2, minReplicas: 1}}]}}";

TEST(Canaries, DoNotScaleByKeda) {
  ServiceWorld world;
  const Rendered r = world.render(kKedaCanary);
  EXPECT_EQ(r.json("Deployment/m-v2-predictor", "/spec/replicas"), "1");
  EXPECT_FALSE(r.find("ScaledObject/m-v2-predictor"));
  EXPECT_TRUE(r.find("ScaledObject/m-predictor"));
  EXPECT_THAT(r.problems(), IsEmpty());
}

TEST(Canaries, WithKedaStopTheBuildInCompatible) {
  ServiceWorld world(kCompatible);
  const Rendered r = world.render(kKedaCanary);
  EXPECT_THAT(r.names(), ElementsAre("Service m-v2-predictor", "Deployment m-v2-predictor"));
  EXPECT_THAT(r.problems(),
              ElementsAre("canary ReconcileFailed spec.canary[0].predictor.autoScaling.metrics"));
}

struct Unrealizable {
  const char* name;
  std::string_view service;
  const char* problem;
};

class CannotBeRealized : public ::testing::TestWithParam<Unrealizable> {};

TEST_P(CannotBeRealized, IsReported) {
  ServiceWorld world;
  const Rendered r = world.render(GetParam().service);
  EXPECT_THAT(r.problems(), ElementsAre(GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    All, CannotBeRealized,
    ::testing::Values(
        Unrealizable{"NoSuchRuntime",
                     "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: gone}}}",
                     "predictor RuntimeNotRecognized spec.predictor.model.runtime"},
        Unrealizable{"DisabledRuntime",
                     "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: 'off'}}}",
                     "predictor RuntimeDisabled spec.predictor.model.runtime"},
        Unrealizable{"AnotherFormat", "spec: {predictor: {model: {modelFormat: {name: pmml}, runtime: rt}}}",
                     "predictor NoSupportingRuntime spec.predictor.model.runtime"},
        Unrealizable{"NoRuntimeFits", "spec: {predictor: {model: {modelFormat: {name: nothing}}}}",
                     "predictor NoSupportingRuntime spec.predictor.model.modelFormat"},
        Unrealizable{"TemplateDoesNotResolve",
                     "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: templated}}}",
                     "predictor InvalidPredictorSpec spec.predictor.model.runtime"},
        Unrealizable{
            "MountWithoutAVolume",
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, volumeMounts: [{name: v, "
            "mountPath: /v}]}}}",
            "predictor InvalidPredictorSpec spec.predictor"},
        Unrealizable{"NameTooLong",
                     "{metadata: {name: a123456789012345678901234567890123456789012345678901234567890}, "
                     "spec: {predictor: "
                     "{model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/m'}}}}",
                     "predictor InvalidName metadata.name"},
        Unrealizable{
            "StorageTwice",
            "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/m', "
            "storage: {path: p}}}}",
            "predictor InvalidPredictorSpec spec.predictor.model.storageUri"},
        Unrealizable{"NoServingContainer", "spec: {predictor: {containers: [{name: other, image: i}]}}",
                     "predictor InvalidPredictorSpec spec.predictor.containers"},
        Unrealizable{
            "WorkersWithoutARuntimeForThem",
            "spec: {predictor: {workerSpec: {}, model: {modelFormat: {name: sklearn}, runtime: rt}}}",
            "predictor NoSupportingRuntime spec.predictor.model.runtime"},
        Unrealizable{
            "WorkersOfAnotherName",
            "spec: {predictor: {workerSpec: {containers: [{name: mine}]}, model: {modelFormat: {name: "
            "huggingface}, runtime: nodes}}}",
            "predictor InvalidPredictorSpec spec.predictor.workerSpec"},
        Unrealizable{
            "DoubledVariable",
            "spec: {predictor: {containers: [{name: kserve-container, image: i, env: [{name: A, value: '1'}, "
            "{name: A, value: '2'}]}]}}",
            "~predictor DuplicateKey spec.predictor"},
        Unrealizable{"UnknownField",
                     "spec: {predictor: {containers: [{name: kserve-container, image: i, imagee: j}]}}",
                     "~predictor UnknownField spec.predictor"},
        Unrealizable{"Port80Twice",
                     "spec: {predictor: {containers: [{name: kserve-container, image: i, ports: [{name: a, "
                     "containerPort: 8080}, {name: b, containerPort: 80}]}]}}",
                     "~predictor DuplicatePort spec.predictor"},
        Unrealizable{"UnknownAutoscaler",
                     "{metadata: {annotations: {serving.kserve.io/autoscalerClass: vpa}}, spec: {predictor: "
                     "{containers: [{name: kserve-container, image: i}]}}}",
                     "predictor ReconcileFailed metadata.annotations[serving.kserve.io/autoscalerClass]"}),
    [](const auto& info) { return std::string(info.param.name); });

constexpr std::string_view kSeveralSources =
    "spec: {predictor: {storageUris: [{uri: 'pvc://claim/base', mountPath: /mnt/models/base}, {uri: "
    "'pvc://other/x', "
    "mountPath: /mnt/models/x}], model: {modelFormat: {name: sklearn}, runtime: rt}}}";

TEST(StorageUris, AreInTheTemplate) {
  ServiceWorld world;
  const Rendered r = world.render(kSeveralSources);
  EXPECT_THAT(r.problems(), IsEmpty());
  EXPECT_EQ(r.json(kDeployment, "/spec/template/spec/containers/0/volumeMounts/0/mountPath"),
            R"("/mnt/models/base")");
  EXPECT_NE(r.json(kDeployment, "/spec/template/spec/volumes/1/persistentVolumeClaim/claimName"), "-");
}

TEST(OldNames, RetainTheirSuffix) {
  ServiceWorld world(kGatewayApi);
  world.style = NameStyle::kDefaultSuffix;
  const Rendered r = world.render(kAllThree);
  EXPECT_EQ(r.json("Deployment/m-predictor-default", "/spec/selector/matchLabels/app"),
            R"("isvc.m-predictor-default")");
  EXPECT_TRUE(r.find("Service/m-transformer-default"));
  EXPECT_EQ(r.json("Deployment/m-explainer-default", "/spec/template/spec/containers/0/args/5"),
            R"("m-predictor-default.default")");
  EXPECT_EQ(r.json("HTTPRoute/m", "/spec/rules/1/backendRefs/0/name"), R"("m-transformer-default")");
}

struct Style {
  const char* name;
  std::vector<std::string_view> deployments;
  spec::ModelgateConfiguration::ComponentNames configured;
  NameStyle style;
};

class NameStyleFor : public ::testing::TestWithParam<Style> {};

TEST_P(NameStyleFor, ExistingDeploymentsElseConfigured) {
  spec::Configuration configuration;
  configuration.modelgate.component_names = GetParam().configured;
  EXPECT_EQ(name_style_for("m", GetParam().deployments, configuration), GetParam().style);
}

using ComponentNames = spec::ModelgateConfiguration::ComponentNames;
INSTANTIATE_TEST_SUITE_P(
    All, NameStyleFor,
    ::testing::Values(
        Style{"New", {}, ComponentNames::kPlain, NameStyle::kPlain},
        Style{"NewWhereOldNamesAreWanted", {}, ComponentNames::kDefaultSuffix, NameStyle::kDefaultSuffix},
        Style{"KeepsTheOld", {"m-predictor-default"}, ComponentNames::kPlain, NameStyle::kDefaultSuffix},
        Style{"KeepsThePlain", {"m-predictor"}, ComponentNames::kDefaultSuffix, NameStyle::kPlain},
        Style{"KeepsThatOfATransformer",
              {"m-transformer-default"},
              ComponentNames::kPlain,
              NameStyle::kDefaultSuffix},
        Style{"TheOldWhereThereAreBoth",
              {"m-predictor", "m-predictor-default"},
              ComponentNames::kPlain,
              NameStyle::kDefaultSuffix},
        Style{"AVersionTellsNothing",
              {"m-v2-predictor"},
              ComponentNames::kDefaultSuffix,
              NameStyle::kDefaultSuffix},
        Style{"AnotherServices", {"n-predictor-default"}, ComponentNames::kPlain, NameStyle::kPlain}),
    [](const auto& info) { return std::string(info.param.name); });

constexpr std::string_view kClaim =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 'pvc://claim/m'}}}";

TEST(Injection, IsInTheTemplateWithRender) {
  constexpr const char* kMount = "/spec/template/spec/containers/0/volumeMounts/0/mountPath";
  EXPECT_EQ(ServiceWorld().render(kClaim).json(kDeployment, kMount), "-");
  ServiceWorld rendered(kRender);
  EXPECT_EQ(rendered.render(kClaim).json(kDeployment, kMount), R"("/mnt/models")");
}

// Scraping is enabled by annotations of new Pods: existing Pods stay as they are.
TEST(Injection, OfMetricsDoesNotChangeTheTemplate) {
  ServiceWorld scraped;
  ServiceWorld not_scraped(kNotScraped);
  const Rendered r = scraped.render(kPlain);
  EXPECT_EQ(r.json(kDeployment, "/spec/template/metadata/annotations/prometheus.kserve.io~1port"),
            R"("8080")");
  EXPECT_EQ(r.json(kDeployment, ""), not_scraped.render(kPlain).json(kDeployment, ""));
}

TEST(StorageUris, NeedCredentials) {
  ServiceWorld world;
  const Rendered r = world.render(
      "spec: {predictor: {storageUris: [{uri: 's3://b/m'}], model: {modelFormat: {name: sklearn}, runtime: "
      "rt}}}");
  EXPECT_FALSE(r.wanted.needs.empty());
}

// As for a Pod: what KServe accepts is no reason to have no predictor in Compatible mode.
TEST(StorageUris, OfStrictRulesWarnInCompatibleMode) {
  constexpr const char* kTaken =
      "spec: {predictor: {storageUris: [{uri: 'pvc://claim/m', mountPath: '/mnt/../etc'}], model: {modelFormat: "
      "{name: sklearn}, runtime: rt}}}";
  ServiceWorld strict;
  EXPECT_TRUE(strict.render(kTaken).wanted.fatal("predictor"));
  ServiceWorld compatible(kCompatible);
  const Rendered r = compatible.render(kTaken);
  EXPECT_FALSE(r.wanted.fatal("predictor"));
  EXPECT_TRUE(r.find(kDeployment));
}

TEST(Problems, OfOneComponentDoNotAffectOthers) {
  ServiceWorld world;
  const Rendered r = world.render(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: gone}}, transformer: {containers: "
      "[{name: "
      "kserve-container, image: t}]}}");
  EXPECT_TRUE(r.wanted.fatal("predictor"));
  EXPECT_FALSE(r.wanted.fatal("transformer"));
  EXPECT_TRUE(r.find("Deployment/m-transformer"));
}

/// KServe reads the container as JSON, in which a double quote is escaped.
TEST(Problems, OfDoubleQuotesInATemplateAreKServes) {
  EXPECT_THAT(ServiceWorld(kCompatible).render(kQuoted).problems(),
              ElementsAre("predictor InvalidPredictorSpec spec.predictor.model.runtime"));
}

/// Nothing of that size is built: the annotation is 400 MB if it is written 2,000 times.
TEST(Problems, OfTooLargeTemplates) {
  std::string args;
  for (int i = 0; i < 2000; ++i) args += "'{{.Annotations.a}}',";
  const std::string service =
      "{metadata: {annotations: {a: " + std::string(200'000, 'x') +
      "}}, spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, args: [" + args + "]}}}}";
  for (const unsigned settings : {0U, unsigned{kCompatible}}) {
    ServiceWorld world(settings);
    const Rendered r = world.render(service);
    ASSERT_THAT(r.problems(), ElementsAre("predictor InvalidPredictorSpec spec.predictor.model.runtime"));
    EXPECT_THAT(r.wanted.problems[0].text, ::testing::HasSubstr(": {{.Annotations.a}} at character 15: "));
    EXPECT_LT(world.arena().Size(), 16'000'000U);
  }
}

TEST(Problems, NeverShowTheTextAroundATemplate) {
  ServiceWorld world;
  const Rendered r = world.render(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, env: [{name: T, value: "
      "'hunter2{{.Nope}}'}]}}}");
  ASSERT_TRUE(r.wanted.fatal("predictor"));
  EXPECT_EQ(r.wanted.fatal("predictor")->text.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace modelgate::workload
