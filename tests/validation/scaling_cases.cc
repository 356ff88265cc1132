// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/cases.h"

namespace modelgate::validation {
namespace {

std::string scaled(const std::string& members, const std::string& annotations = Parts{}.annotations) {
  return service({.predictor = model() + ", " + members, .annotations = annotations});
}

std::string metrics(const std::string& list) {
  return R"("autoScaling": {"metrics": [)" + list + "]}";
}

std::string resource(const std::string& name, const std::string& target) {
  return metrics(R"({"type": "Resource", "resource": {"name": ")" + name + R"(", "target": {)" + target +
                 "}}}");
}

std::string classed(const std::string& name) {
  return service(
      {.predictor = model(),
       .annotations =
           R"("serving.kserve.io/deploymentMode": "Standard", "serving.kserve.io/autoscalerClass": ")" +
           name + R"(")"});
}

const std::string kMetric = "spec.predictor.autoScaling.metrics[0]";

}  // namespace

std::vector<Case> scaling_cases() {
  const std::string class_path = "metadata.annotations[serving.kserve.io/autoscalerClass]";
  const std::string knative_hpa =
      std::string(kKnative) + R"(, "autoscaling.knative.dev/class": "hpa.autoscaling.knative.dev")";
  return {
      {"autoscaler-class", "Hpa", classed("hpa")},
      {"autoscaler-class", "External", classed("external")},
      {"autoscaler-class", "Capitals", classed("HPA"), {"autoscaler-class NotSupported " + class_path}},
      {"autoscaler-class", "Empty", classed(""), {"autoscaler-class NotSupported " + class_path}},

      {"replicas", "OneToOne", scaled(R"("minReplicas": 1, "maxReplicas": 1)")},
      {"replicas", "ZeroIsNoMaximum", scaled(R"("minReplicas": 5, "maxReplicas": 0)")},
      {"replicas",
       "MoreThanTheMaximum",
       scaled(R"("minReplicas": 2, "maxReplicas": 1)"),
       {"replicas Invalid spec.predictor.minReplicas"}},
      {"replicas", "MinimumZero", scaled(R"("minReplicas": 0)", kKnative)},
      {"replicas",
       "MinimumBelowZero",
       scaled(R"("minReplicas": -1)"),
       {"replicas Invalid spec.predictor.minReplicas"}},
      {"replicas",
       "MaximumBelowZero",
       scaled(R"("maxReplicas": -1)"),
       {"replicas Invalid spec.predictor.maxReplicas"}},

      {"container-concurrency", "Zero", scaled(R"("containerConcurrency": 0)")},
      {"container-concurrency",
       "BelowZero",
       scaled(R"("containerConcurrency": -1)"),
       {"container-concurrency Invalid spec.predictor.containerConcurrency"}},

      // HPA
      {"scaling-metrics", "HpaMemory", scaled(R"("scaleMetric": "memory", "scaleTarget": 100)", kHpa)},
      {"scaling-metrics",
       "HpaMemoryAbove100",
       scaled(R"("scaleMetric": "memory", "scaleTarget": 101)", kHpa),
       {"scaling-metrics Invalid spec.predictor.scaleTarget"}},
      {"scaling-metrics", "HpaCpuOne", scaled(R"("scaleTarget": 1)", kHpa)},
      {"scaling-metrics",
       "HpaCpuZero",
       scaled(R"("scaleTarget": 0)", kHpa),
       {"scaling-metrics Invalid spec.predictor.scaleTarget"}},
      {"scaling-metrics",
       "HpaMemoryZero",
       scaled(R"("scaleMetric": "memory", "scaleTarget": 0)", kHpa),
       {"scaling-metrics Invalid spec.predictor.scaleTarget"}},
      {"scaling-metrics",
       "HpaRps",
       scaled(R"("scaleMetric": "rps")", kHpa),
       {"scaling-metrics NotSupported spec.predictor.scaleMetric"}},
      {"scaling-metrics",
       "HpaExternal",
       scaled(metrics(R"({"type": "External"})"), kHpa),
       {"scaling-metrics NotSupported " + kMetric + ".type"}},
      {"scaling-metrics",
       "HpaResourceMissing",
       scaled(metrics(R"({"type": "Resource"})"), kHpa),
       {"scaling-metrics Required " + kMetric + ".resource"}},
      {"scaling-metrics",
       "KnativeHpaRps",
       scaled(R"("scaleMetric": "rps")", knative_hpa),
       {"scaling-metrics NotSupported spec.predictor.scaleMetric"}},
      {"scaling-metrics", "KnativeHpaCpu", scaled(R"("scaleMetric": "cpu")", knative_hpa)},
      {"scaling-metrics", "NoClassNoCheck", scaled(R"("scaleMetric": "rps", "scaleTarget": 200)")},

      // KEDA
      {"scaling-metrics", "KedaCpu",
       scaled(resource("cpu", R"("type": "Utilization", "averageUtilization": 100)"), kKeda)},
      {"scaling-metrics",
       "KedaCpuAbove100",
       scaled(resource("cpu", R"("type": "Utilization", "averageUtilization": 101)"), kKeda),
       {"scaling-metrics Invalid " + kMetric + ".resource.target.averageUtilization"}},
      {"scaling-metrics",
       "KedaCpuByValue",
       scaled(resource("cpu", R"("type": "AverageValue", "averageValue": "1")"), kKeda),
       {"scaling-metrics NotSupported " + kMetric + ".resource.target.type"}},
      {"scaling-metrics",
       "KedaCpuWithoutUtilization",
       scaled(resource("cpu", R"("type": "Utilization")"), kKeda),
       {"scaling-metrics Required " + kMetric + ".resource.target.averageUtilization"}},
      {"scaling-metrics", "KedaMemory1Mi",
       scaled(resource("memory", R"("type": "AverageValue", "averageValue": "1Mi")"), kKeda)},
      {"scaling-metrics",
       "KedaMemoryBelow1Mi",
       scaled(resource("memory", R"("type": "AverageValue", "averageValue": "1048575")"), kKeda),
       {"scaling-metrics Invalid " + kMetric + ".resource.target.averageValue"}},
      {"scaling-metrics",
       "KedaMemoryWithoutValue",
       scaled(resource("memory", R"("type": "AverageValue")"), kKeda),
       {"scaling-metrics Required " + kMetric + ".resource.target.averageValue"}},
      {"scaling-metrics",
       "KedaOtherResource",
       scaled(resource("gpu", R"("type": "Utilization", "averageUtilization": 50)"), kKeda),
       {"scaling-metrics NotSupported " + kMetric + ".resource.name"}},
      {"scaling-metrics",
       "KedaScaleMetric",
       scaled(R"("scaleMetric": "cpu")", kKeda),
       {"scaling-metrics Forbidden spec.predictor.scaleMetric"}},
      {"scaling-metrics", "KedaExternal",
       scaled(metrics(R"({"type": "External", "external": {"metric": {"backend": "prometheus", "query": "up"},
                          "target": {"type": "Value", "value": "10"}}})"),
              kKeda)},
      {"scaling-metrics",
       "KedaExternalWithoutQueryAndThreshold",
       scaled(metrics(
                  R"({"type": "External", "external": {"metric": {"backend": "prometheus"}, "target": {}}})"),
              kKeda),
       {"scaling-metrics Required " + kMetric + ".external.metric.query",
        "scaling-metrics Required " + kMetric + ".external.target.value"}},
      {"scaling-metrics",
       "KedaPodMetricMissing",
       scaled(metrics(R"({"type": "PodMetric"})"), kKeda),
       {"scaling-metrics Required " + kMetric + ".podmetric"}},
      {"scaling-metrics",
       "KedaUnknownType",
       scaled(metrics(R"({"type": "Pods"})"), kKeda),
       {"scaling-metrics NotSupported " + kMetric + ".type"}},

      // Knative
      {"scaling-metrics", "KnativeRpsOne", scaled(R"("scaleMetric": "rps", "scaleTarget": 1)", kKnative)},
      {"scaling-metrics",
       "KnativeRpsZero",
       scaled(R"("scaleMetric": "rps", "scaleTarget": 0)", kKnative),
       {"scaling-metrics Invalid spec.predictor.scaleTarget"}},
      {"scaling-metrics",
       "KnativeCpu",
       scaled(R"("scaleMetric": "cpu")", kKnative),
       {"scaling-metrics NotSupported spec.predictor.scaleMetric"}},
      {"scaling-metrics",
       "KnativeStrategy",
       scaled(R"("deploymentStrategy": {"type": "Recreate"})", kKnative),
       {"scaling-metrics Forbidden spec.predictor.deploymentStrategy"}},
      {"scaling-metrics", "StandardStrategy", scaled(R"("deploymentStrategy": {"type": "Recreate"})")},

      {"metric-quantities", "Number",
       scaled(resource("memory", R"("type": "AverageValue", "averageValue": 2097152)"), kKeda)},
      {"metric-quantities",
       "NoQuantity",
       scaled(resource("memory", R"("type": "AverageValue", "averageValue": "2GiB")"), kKeda),
       {"metric-quantities Invalid " + kMetric + ".resource.target.averageValue"}},

      {"scaling-metrics-closely", "HpaByDefault",
       scaled(resource("cpu", R"("type": "Utilization", "averageUtilization": 150)"))},
      {"scaling-metrics-closely",
       "UnknownMetric",
       scaled(R"("scaleMetric": "qps", "scaleMetricType": "utilization")"),
       {"scaling-metrics-closely NotSupported spec.predictor.scaleMetric",
        "scaling-metrics-closely NotSupported spec.predictor.scaleMetricType"}},
      {"scaling-metrics-closely",
       "TargetZero",
       scaled(R"("scaleTarget": 0)"),
       {"scaling-metrics-closely Invalid spec.predictor.scaleTarget"}},
      {"scaling-metrics-closely", "UtilizationOne",
       scaled(resource("cpu", R"("type": "Utilization", "averageUtilization": 1)"))},
      {"scaling-metrics-closely",
       "UtilizationZero",
       scaled(resource("cpu", R"("type": "Utilization", "averageUtilization": 0)")),
       {"scaling-metrics-closely Invalid " + kMetric + ".resource.target.averageUtilization"}},
      {"scaling-metrics-closely",
       "TypeAndTarget",
       scaled(resource("gpu", R"("type": "Value", "value": "1")")),
       {"scaling-metrics-closely NotSupported " + kMetric + ".resource.name",
        "scaling-metrics-closely NotSupported " + kMetric + ".resource.target.type"}},
      {"scaling-metrics-closely",
       "PodsByDefault",
       scaled(metrics(R"({"type": "Pods"})")),
       {"scaling-metrics-closely NotSupported " + kMetric + ".type"}},
      {"scaling-metrics-closely",
       "ReportedOnceByKServesRule",
       scaled(metrics(R"({"type": "Pods"})"), kHpa),
       {"scaling-metrics NotSupported " + kMetric + ".type"}},
      {"scaling-metrics-closely",
       "ZeroReplicasWarn",
       scaled(R"("minReplicas": 0)"),
       {},
       {"spec.predictor.minReplicas"}},
      {"scaling-metrics-closely", "ZeroReplicasByKeda", scaled(R"("minReplicas": 0)", kKeda)},

      {"canary-traffic-percent", "KnativeZero", scaled(R"("canaryTrafficPercent": 0)", kKnative)},
      {"canary-traffic-percent", "KnativeHundred", scaled(R"("canaryTrafficPercent": 100)", kKnative)},
      {"canary-traffic-percent",
       "BelowZero",
       scaled(R"("canaryTrafficPercent": -1)", kKnative),
       {"canary-traffic-percent Invalid spec.predictor.canaryTrafficPercent"}},
      {"canary-traffic-percent",
       "Above100",
       scaled(R"("canaryTrafficPercent": 101)", kKnative),
       {"canary-traffic-percent Invalid spec.predictor.canaryTrafficPercent"}},
      {"canary-traffic-percent",
       "StandardWarns",
       scaled(R"("canaryTrafficPercent": 10)"),
       {},
       {"spec.predictor.canaryTrafficPercent"}},
  };
}

}  // namespace modelgate::validation
