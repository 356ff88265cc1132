// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/cases.h"

namespace modelgate::validation {
namespace {

constexpr const char* kStandard = R"("serving.kserve.io/deploymentMode": "Standard")";

/// Nothing but a configuration.
constexpr const char* kCompatible =
    R"([{"kind": "ConfigMap", "metadata": {"name": "inferenceservice-config"},
         "data": {"modelgate": "{\"validation\": \"Compatible\"}"}}])";
constexpr const char* kGatewayApi =
    R"([{"kind": "ConfigMap", "metadata": {"name": "inferenceservice-config"},
         "data": {"ingress": "{\"enableGatewayApi\": true, \"kserveIngressGateway\": \"kserve/gateway\"}"}}])";

std::string annotated(const std::string& annotation, const char* mode = kStandard) {
  return service({.predictor = model(), .annotations = std::string(mode) + ", " + annotation});
}

std::string with(const std::string& members, const char* annotations = kStandard) {
  return service({.predictor = model() + ", " + members, .annotations = annotations});
}

Case effective(const char* name, std::string object, const char* catalog = "[]") {
  return {"without-effect", name, std::move(object), {}, {}, {}, catalog};
}

Case useless(const char* name, std::string object, std::vector<std::string> warnings,
             const char* catalog = "[]") {
  return {"without-effect", name, std::move(object), {}, std::move(warnings), {}, catalog};
}

std::string behavior(const std::string& members) {
  return R"("autoScaling": {"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {
      "type": "Utilization", "averageUtilization": 50}}}], "behavior": {"scaleDown": {)" +
         members + "}}}";
}

constexpr const char* kExternal =
    R"("serving.kserve.io/deploymentMode": "Standard", "serving.kserve.io/autoscalerClass": "external")";

}  // namespace

std::vector<Case> without_effect_cases() {
  const std::string at = "metadata.annotations";
  return {
      // Annotations
      useless("Metric", annotated(R"("serving.kserve.io/metric": "cpu")"),
              {at + "[serving.kserve.io/metric]"}),
      useless("TargetUtilization", annotated(R"("serving.kserve.io/targetUtilizationPercentage": "80")"),
              {at + "[serving.kserve.io/targetUtilizationPercentage]"}),
      useless("S3", annotated(R"("serving.kserve.io/s3-endpoint": "minio:9000")"),
              {at + "[serving.kserve.io/s3-endpoint]"}),
      useless("KnativeScaling", annotated(R"("autoscaling.knative.dev/min-scale": "2")"),
              {at + "[autoscaling.knative.dev/min-scale]"}),
      effective("KnativeScalingInKnative",
                annotated(R"("autoscaling.knative.dev/min-scale": "2")", kKnative)),
      useless("KnativeTimeout", annotated(R"("serving.knative.dev/progress-deadline": "10m")"),
              {at + "[serving.knative.dev/progress-deadline]"}),
      useless("Misspelled", annotated(R"("serving.kserve.io/autoscalerclass": "keda")"),
              {at + "[serving.kserve.io/autoscalerclass]"}),
      effective("Known", annotated(R"("serving.kserve.io/enable-prometheus-scraping": "true")")),
      effective("OfAnotherProgram", annotated(R"("serving.kserve.io/owner-of-the-team": "a")")),
      useless("OfAComponent", with(R"("annotations": {"autoscaling.knative.dev/target": "5"})"),
              {"spec.predictor.annotations[autoscaling.knative.dev/target]"}),
      useless("KnativeVisibility",
              service({.predictor = model(),
                       .metadata = R"("labels": {"networking.knative.dev/visibility": "cluster-local"})"}),
              {"metadata.labels[networking.knative.dev/visibility]"}),

      // Components
      useless("ContainerConcurrency", with(R"("containerConcurrency": 1)"),
              {"spec.predictor.containerConcurrency"}),
      effective("ContainerConcurrencyInKnative", with(R"("containerConcurrency": 1)", kKnative)),
      effective("ContainerConcurrencyOfATransformer",
                service({.predictor = model(),
                         .spec = R"("transformer": {"containerConcurrency": 1, "containers": [{"name":
                                    "kserve-container", "image": "example.com/a:v1"}]})"})),
      useless("TimeoutWithAnIngress", with(R"("timeout": 30)"), {"spec.predictor.timeout"}),
      effective("TimeoutWithGatewayApi", with(R"("timeout": 30)"), kGatewayApi),
      useless("BatcherTimeout", with(R"("batcher": {"timeout": 5})"), {"spec.predictor.batcher.timeout"}),
      useless("ScaleMetricType", with(R"("scaleMetricType": "Utilization")"),
              {"spec.predictor.scaleMetricType"}),

      // Scaling
      effective("ScaleTarget", with(R"("scaleTarget": 50, "maxReplicas": 3)")),
      useless("NoAutoscaler", with(R"("minReplicas": 2, "maxReplicas": 3, "scaleTarget": 50)", kNoAutoscaler),
              {"spec.predictor.maxReplicas", "spec.predictor.scaleTarget"}),
      useless("ExternalAutoscaler", with(R"("minReplicas": 2)", kExternal), {"spec.predictor.minReplicas"}),
      useless("ScaleTargetBesideMetrics", with(R"("scaleTarget": 50, )" + behavior("")),
              {"spec.predictor.scaleTarget"}),
      effective("Behavior", with(behavior(R"("stabilizationWindowSeconds": 60)"))),
      useless("BehaviorInCompatible", with(behavior(R"("stabilizationWindowSeconds": 60)")),
              {"spec.predictor.autoScaling.behavior"}, kCompatible),
      useless("PoliciesWithKeda", with(behavior(R"("selectPolicy": "Min")"), kKeda),
              {"spec.predictor.autoScaling.behavior.scaleDown.selectPolicy"}),

      // Storage
      useless("TokenInCompatible",
              service({.predictor =
                           R"("model": {"modelFormat": {"name": "sklearn"}, "storageUri": "hf://org/model",
                                       "env": [{"name": "A", "value": "b"}, {"name": "HF_TOKEN", "value": "c"}]})"}),
              {"spec.predictor.model.env[1]"}, kCompatible),
      effective("TokenInStrict",
                service({.predictor = R"("model": {"modelFormat": {"name": "sklearn"}, "storageUri":
                                         "hf://org/model", "env": [{"name": "HF_TOKEN", "value": "c"}]})"})),
      effective("RegionOfAnotherStorage",
                service({.predictor = R"("model": {"modelFormat": {"name": "sklearn"}, "storageUri":
                                         "hf://org/model", "env": [{"name": "AWS_REGION", "value": "c"}]})"}),
                kCompatible),
  };
}

}  // namespace modelgate::validation
