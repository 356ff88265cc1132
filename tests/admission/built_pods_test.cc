// SPDX-License-Identifier: Apache-2.0
//
// Errors of the Pods that a service gets, which none of its parts has alone: each is reported at apply, once,
// at the field of the service. What the API server requires is tested in tests/validation (pod_fields.jsonl).
#include "admission/built_pods.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/admission/reviewed.h"

namespace modelgate::admission {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAreArray;
using Modelgate = spec::ModelgateConfiguration;

std::string with(std::string_view predictor, std::string_view more = "", std::string_view metadata = "") {
  return fmt::format("metadata: {{name: m{}}}\nspec: {{predictor: {{{}}}{}}}", metadata, predictor, more);
}

std::string model(std::string_view more, std::string_view runtime = "probed") {
  return fmt::format("model: {{modelFormat: {{name: sklearn}}, storageUri: 'gs://b/m', runtime: {}{}}}",
                     runtime, more);
}

struct Case {
  const char* name;
  std::string service;
  std::vector<std::string> causes;
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

class BuiltPodsOfAService : public testing::TestWithParam<Case> {};

TEST_P(BuiltPodsOfAService, AreCheckedAtApply) {
  const Reviewed r = Cluster().create(GetParam().service);
  EXPECT_THAT(r.causes(), UnorderedElementsAreArray(GetParam().causes)) << r.response.message;
}

TEST_P(BuiltPodsOfAService, DenyNothingInCompatible) {
  const auto compatible = [](spec::Configuration& c) {
    c.modelgate.validation = Modelgate::Validation::kCompatible;
  };
  const Reviewed r = Cluster(compatible).create(GetParam().service);
  EXPECT_TRUE(r.response.allowed) << r.response.message;
  EXPECT_EQ(r.response.strict_would_deny, !GetParam().causes.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Table, BuiltPodsOfAService,
    testing::Values(
        Case{"Works", with(model("")), {}},
        Case{"SameHandler", with(model(", readinessProbe: {tcpSocket: {port: 9000}, periodSeconds: 1}")), {}},
        Case{"TwoProbeHandlers",
             with(model(
                 ", readinessProbe: {httpGet: {path: /ready, port: 8080}}, livenessProbe: {exec: {command: "
                 "[check]}}")),
             {"spec.predictor.model.readinessProbe FieldValueForbidden",
              "spec.predictor.model.livenessProbe FieldValueForbidden"}},
        Case{"ASecondPort",
             with(model(", ports: [{containerPort: 9090, protocol: TCP}]")),
             {"spec.predictor.model.ports[0].name FieldValueRequired"}},
        Case{"ASecondPortWithNames",
             with(model(", ports: [{containerPort: 9090, name: grpc}, {containerPort: 8080, name: http}]")),
             {}},
        Case{
            "UnnamedPortsOfOneContainer",
            with(
                "containers: [{name: kserve-container, image: i, ports: [{containerPort: 8080}, {containerPort: "
                "9090}]}]"),
            {"spec.predictor.containers[0].ports[0].name FieldValueRequired",
             "spec.predictor.containers[0].ports[1].name FieldValueRequired"}},
        Case{"UnnamedPortsOfATransformer",
             with(model(""),
                  ", transformer: {containers: [{name: kserve-container, image: i, ports: "
                  "[{containerPort: 8080, name: a}, {containerPort: 9090}]}]}"),
             {"spec.transformer.containers[0].ports[1].name FieldValueRequired"}},
        Case{"UnnamedPortsOfASidecar",
             with(model("") +
                  ", containers: [{name: side, image: i, ports: [{containerPort: 1}, {containerPort: "
                  "2}]}]"),
             {}},
        Case{"ASourceInsteadOfTheRuntimesValue",
             with(model(", env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: a, key: b}}}]")),
             {}},
        Case{"ClaimOfNoPod",
             with(model(", resources: {claims: [{name: gpu}]}")),
             {"spec.predictor.model.resources.claims[0].name FieldValueNotFound"}},
        Case{"ClaimOfThePod",
             with("resourceClaims: [{name: gpu, resourceClaimName: g}], " +
                  model(", resources: {claims: [{name: gpu}]}")),
             {}},
        Case{"AHandlerThatTheRuntimeCompletes", with(model(", readinessProbe: {periodSeconds: 1}")), {}},
        Case{"AHandlerThatNothingCompletes",
             with(model(", startupProbe: {periodSeconds: 1}")),
             {"spec.predictor.model.startupProbe FieldValueRequired"}},
        Case{"AnErrorOfTheServiceAlone",
             with(model(", livenessProbe: {periodSeconds: -1}")),
             {"spec.predictor.model.livenessProbe.periodSeconds FieldValueInvalid"}},
        Case{"ASidecarWithoutAnImage",
             with(model("") + ", containers: [{name: side}]"),
             {"spec.predictor.containers[0].image FieldValueRequired"}},
        Case{"AHelperOfTheRuntimeWithoutAnImage",
             with(model("") + ", containers: [{name: side, image: i, livenessProbe: {tcpSocket: {}}}]"),
             {"spec.predictor.containers[0].livenessProbe.tcpSocket.port FieldValueRequired"}},
        Case{"TolerationOfTheService",
             with("tolerations: [{key: a, operator: Is}], " + model("")),
             {"spec.predictor.tolerations[0].operator FieldValueNotSupported"}},
        Case{
            "ACanaryInherits",
            with(model(", readinessProbe: {httpGet: {port: 1}}"),
                 ", canary: [{trafficPercent: 0, predictor: {name: next, model: {name: kserve-container}}}]"),
            {"spec.predictor.model.readinessProbe FieldValueForbidden"}},
        Case{
            "ACanaryAlone",
            with(
                model(""),
                ", canary: [{trafficPercent: 0, predictor: {name: next, model: {readinessProbe: {httpGet: {port: "
                "1}}}}}]"),
            {"spec.canary[0].predictor.model.readinessProbe FieldValueForbidden"}},
        Case{
            "AppArmorOfNoContainer",
            with(model(""), "",
                 ", annotations: {container.apparmor.security.beta.kubernetes.io/other: runtime/default}"),
            {"metadata.annotations[container.apparmor.security.beta.kubernetes.io/other] FieldValueNotFound"}},
        Case{"AppArmorOfAContainer",
             with(model(""), "",
                  ", annotations: {container.apparmor.security.beta.kubernetes.io/helper: runtime/default}"),
             {}},
        Case{"AnnotationsThatAreTooLongTogether",
             with(fmt::format("annotations: {{a: {}}}, ", std::string(150'000, 'x')) + model(""), "",
                  fmt::format(", annotations: {{b: {}}}", std::string(150'000, 'y'))),
             {"spec.predictor.annotations FieldValueTooLong"}}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(BuiltPods, NameTheRuntimeThatTheServiceIsMergedWith) {
  const Reviewed r = Cluster().create(with(model(", readinessProbe: {exec: {command: [a]}}")));
  EXPECT_THAT(r.response.message, HasSubstr("has exec and tcpSocket"));
  EXPECT_THAT(r.response.message, HasSubstr("ClusterServingRuntime probed"));
}

TEST(BuiltPods, WarnAboutWhatOnlyTheRuntimeHas) {
  const Reviewed r = Cluster().create(with(model("", "faulty")));
  EXPECT_TRUE(r.response.allowed) << r.response.message;
  EXPECT_TRUE(r.warns("spec.predictor")) << r.response.message;
  EXPECT_TRUE(r.warns("containers[0].readinessProbe.tcpSocket.port: Invalid value: 0"));
}

TEST(BuiltPods, WarnAboutAPortOfTwoContainers) {
  const Reviewed r = Cluster().create(
      with(model("") + ", containers: [{name: side, image: i, ports: [{containerPort: 8080}]}]"));
  EXPECT_TRUE(r.response.allowed) << r.response.message;
  EXPECT_TRUE(
      r.warns("spec.predictor.containers[0].ports[0].containerPort: the container \"kserve-container\""));
  const Reviewed other = Cluster().create(
      with(model("") + ", containers: [{name: side, image: i, ports: [{containerPort: 8081}]}]"));
  EXPECT_FALSE(other.warns("only one container"));
}

TEST(BuiltPods, RatchetLikeOtherErrors) {
  Cluster cluster;
  const auto compatible = [](spec::Configuration& c) {
    c.modelgate.validation = Modelgate::Validation::kCompatible;
  };
  const std::string broken = model(", readinessProbe: {httpGet: {port: 1}}");
  const std::string stored = Cluster(compatible).create(with(broken)).object;
  const Reviewed r = cluster.update(with("minReplicas: 2, " + broken), stored);
  EXPECT_TRUE(r.response.allowed) << r.response.message;
  EXPECT_TRUE(r.warns("(pre-existing)"));
}

}  // namespace
}  // namespace modelgate::admission
