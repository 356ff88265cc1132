// SPDX-License-Identifier: Apache-2.0
//
// spec.tracing in the containers of each component.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/workload/children/service_world.h"

namespace modelgate::workload {
namespace {

constexpr const char* kTemplate = "/spec/template/spec";

std::string traced(std::string_view components, std::string_view tracing = "{}") {
  return fmt::format("spec: {{tracing: {}, {}}}", tracing, components);
}

/// The variables of OpenTelemetry with the defaults.
std::string variables(std::string_view component, std::string_view variant = "") {
  const std::string last = variant.empty() ? "" : fmt::format(",isvc.predictor.variant={}", variant);
  return fmt::format(
      R"({{"name":"OTEL_SERVICE_NAME","value":"m-{0}"}},)"
      R"({{"name":"OTEL_EXPORTER_OTLP_ENDPOINT","value":"http://otel-collector:4317"}},)"
      R"({{"name":"OTEL_TRACES_EXPORTER","value":"otlp"}},)"
      R"({{"name":"OTEL_TRACES_SAMPLER","value":"parentbased_traceidratio"}},)"
      R"({{"name":"OTEL_TRACES_SAMPLER_ARG","value":"0.05"}},)"
      R"({{"name":"OTEL_RESOURCE_ATTRIBUTES_NODE_NAME","valueFrom":{{"fieldRef":{{"apiVersion":"v1","fieldPath":"spec.nodeName"}}}}}},)"
      R"({{"name":"OTEL_RESOURCE_ATTRIBUTES_POD_NAME","valueFrom":{{"fieldRef":{{"apiVersion":"v1","fieldPath":"metadata.name"}}}}}},)"
      R"({{"name":"OTEL_RESOURCE_ATTRIBUTES","value":"k8s.namespace.name=default,k8s.node.name=$(OTEL_RESOURCE_ATTRIBUTES_NODE_NAME),k8s.pod.name=$(OTEL_RESOURCE_ATTRIBUTES_POD_NAME),isvc.name=m,isvc.component={0}{1}"}})",
      component, last);
}

constexpr std::string_view kSklearn = "predictor: {model: {modelFormat: {name: sklearn}, runtime: claiming}}";
constexpr std::string_view kName = R"({"name":"INFERENCE_SERVICE_NAME","value":"m"})";

struct Place {
  const char* name;
  std::string service;
  const char* object;
  std::string pointer;
  std::string want;
};

class Tracing : public testing::TestWithParam<Place> {};

TEST_P(Tracing, IsIn) {
  ServiceWorld world;
  const Rendered r = world.render(GetParam().service);
  EXPECT_EQ(r.json(GetParam().object, kTemplate + GetParam().pointer), GetParam().want)
      << testing::PrintToString(r.problems());
}

std::string with_name(const std::string& more) {
  return fmt::format("[{},{}]", kName, more);
}

std::string transformer() {
  return fmt::format("{}, transformer: {{containers: [{{name: kserve-container, image: t}}]}}", kSklearn);
}

std::string explainer() {
  return fmt::format("{}, explainer: {{art: {{type: SquareAttack}}}}", kSklearn);
}

constexpr std::string_view kCanary =
    "predictor: {minReplicas: 2, model: {modelFormat: {name: sklearn}, runtime: claiming}}, canary: [{trafficPercent: "
    "50, predictor: {name: blue, model: {modelFormat: {name: sklearn}, storageUri: 'gs://b/x'}}}]";
constexpr std::string_view kNodes =
    "predictor: {minReplicas: 1, workerSpec: {}, model: {modelFormat: {name: huggingface}, runtime: nodes, storageUri: "
    "'pvc://claim/m'}}";

INSTANTIATE_TEST_SUITE_P(
    Cases, Tracing,
    testing::Values(
        Place{"Predictor", traced(kSklearn), "Deployment/m-predictor", "/containers/0/env",
              with_name(variables("predictor"))},
        Place{"NotWithoutTheField", fmt::format("spec: {{{}}}", kSklearn), "Deployment/m-predictor",
              "/containers/0/env", fmt::format("[{}]", kName)},
        Place{"CustomPredictor", traced("predictor: {containers: [{name: kserve-container, image: i}]}"),
              "Deployment/m-predictor", "/containers/0/env", with_name(variables("predictor"))},
        Place{"Transformer", traced(transformer()), "Deployment/m-transformer", "/containers/0/env",
              with_name(variables("transformer"))},
        Place{"Explainer", traced(explainer()), "Deployment/m-explainer", "/containers/0/env",
              fmt::format("[{}]", variables("explainer"))},
        Place{"CollocatedTransformer",
              traced("predictor: {model: {modelFormat: {name: sklearn}, runtime: collocated}}"),
              "Deployment/m-predictor", "/containers/1/env", with_name(variables("transformer"))},
        Place{"NotSidecars",
              traced("predictor: {model: {modelFormat: {name: sklearn}, runtime: collocated}}"),
              "Deployment/m-predictor", "/containers/2/env", fmt::format("[{}]", kName)},
        Place{"Canary", traced(kCanary), "Deployment/m-blue-predictor", "/containers/0/env",
              with_name(variables("predictor", "blue"))},
        Place{"Worker", traced(kNodes), "Deployment/m-predictor-worker", "/containers/0/env/7",
              R"({"name":"OTEL_SERVICE_NAME","value":"m-predictor"})"},
        Place{
            "TheUsersVariableStays",
            traced(
                "predictor: {containers: [{name: kserve-container, image: i, env: [{name: OTEL_SERVICE_NAME, "
                "value: mine}]}]}"),
            "Deployment/m-predictor", "/containers/0/env/0",
            R"({"name":"OTEL_SERVICE_NAME","value":"mine"})"},
        Place{
            "TheUsersSecretStays",
            traced("predictor: {containers: [{name: kserve-container, image: i, env: [{name: "
                   "OTEL_EXPORTER_OTLP_ENDPOINT, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}"),
            "Deployment/m-predictor", "/containers/0/env/0",
            R"({"name":"OTEL_EXPORTER_OTLP_ENDPOINT","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}})"},
        Place{"ValuesOfTheService",
              traced("predictor: {containers: [{name: kserve-container, image: i}]}", "{sampler: always_on}"),
              "Deployment/m-predictor", "/containers/0/env/4",
              R"({"name":"OTEL_TRACES_SAMPLER","value":"always_on"})"},
        Place{"MlServersOwnVariable",
              traced("predictor: {model: {modelFormat: {name: sklearn}, runtime: ml}}",
                     "{exporterEndpoint: 'http://c:1'}"),
              "Deployment/m-predictor", "/containers/0/env/11",
              R"({"name":"MLSERVER_TRACING_SERVER","value":"http://c:1"})"},
        Place{
            "VllmsArguments", traced("predictor: {model: {modelFormat: {name: huggingface}, runtime: vllm}}"),
            "Deployment/m-predictor", "/containers/0/args",
            R"(["--port=8080","--otlp-traces-endpoint","http://otel-collector:4317","--collect-detailed-traces","all"])"},
        Place{"TheUsersArgumentsStay",
              traced("predictor: {model: {modelFormat: {name: huggingface}, runtime: vllm, args: "
                     "[--otlp-traces-endpoint=http://c:1, --collect-detailed-traces=model]}}"),
              "Deployment/m-predictor", "/containers/0/args",
              R"(["--port=8080","--otlp-traces-endpoint=http://c:1","--collect-detailed-traces=model"])"},
        Place{"SchedulingGroup",
              fmt::format("spec: {{{}}}",
                          "predictor: {schedulingGroup: {podGroupName: g}, model: {modelFormat: {name: "
                          "sklearn}, runtime: claiming}}"),
              "Deployment/m-predictor", "/schedulingGroup", R"({"podGroupName":"g"})"},
        Place{"ClaimsOfTheRuntime", fmt::format("spec: {{{}}}", kSklearn), "Deployment/m-predictor",
              "/resourceClaims", R"([{"name":"gpu","resourceClaimTemplateName":"t"}])"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace modelgate::workload
