// SPDX-License-Identifier: Apache-2.0
//
// `--http_port` in arguments: in Strict mode the Service and the probes use the port on which the server
// listens; in Compatible, as in KServe, they do not, and a notice says so.
#include "workload/children/server_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/workload/children/service_world.h"

namespace modelgate::workload {
namespace {

using testing::ElementsAre;

struct Row {
  const char* name;
  unsigned settings;
  const char* predictor;
  const char* ports;   // containerPort of each
  const char* target;  // of the Service
  bool notice;
};

class HttpPort : public ::testing::TestWithParam<Row> {};

TEST_P(HttpPort, IsUsedForServiceAndProbes) {
  ServiceWorld world(GetParam().settings);
  const Rendered r = world.render(std::string("spec: {predictor: {") + GetParam().predictor + "}}");
  EXPECT_EQ(r.json("Deployment/m-predictor", "/spec/template/spec/containers/0/ports"), GetParam().ports);
  EXPECT_EQ(r.json("Service/m-predictor", "/spec/ports/0/targetPort"), GetParam().target);
  EXPECT_EQ(!r.problems().empty(), GetParam().notice);
}

constexpr const char* k8080 = R"([{"containerPort":8080,"protocol":"TCP"}])";
constexpr const char* k5000 = R"([{"containerPort":5000,"protocol":"TCP"}])";

INSTANTIATE_TEST_SUITE_P(
    All, HttpPort,
    ::testing::Values(
        Row{"OfTheRuntime", 0, "model: {modelFormat: {name: sklearn}, runtime: with-port}", k8080, "8080", false},
        Row{"TheLastOneWins", 0,
            "model: {modelFormat: {name: sklearn}, runtime: with-port, args: ['--http_port=5000']}", k5000, "5000",
            true},
        Row{"AsTwoArguments", 0,
            "model: {modelFormat: {name: sklearn}, runtime: with-port, args: ['--http_port', '5000']}", k5000,
            "5000", true},
        Row{"TheSame", 0, "model: {modelFormat: {name: sklearn}, runtime: with-port, args: ['--http_port=8080']}",
            k8080, "8080", false},
        Row{"WithTheServicesPort", 0,
            "model: {modelFormat: {name: sklearn}, runtime: with-port, args: ['--http_port=5000'], ports: "
            "[{containerPort: 5000, protocol: TCP}]}",
            k5000, "5000", true},
        Row{"NoNumber", 0, "model: {modelFormat: {name: sklearn}, runtime: with-port, args: ['--http_port=http']}",
            k8080, "8080", false},
        Row{"InCompatible", kCompatible,
            "model: {modelFormat: {name: sklearn}, runtime: with-port, args: ['--http_port=5000']}", k8080, "8080",
            true},
        Row{"OfACustomContainerWithoutPorts", 0,
            "containers: [{name: kserve-container, image: i, args: ['--http_port=5000']}]", k5000, "5000",
            true},
        Row{"OfACustomContainerWithOtherPorts", 0,
            "containers: [{name: kserve-container, image: i, args: ['--http_port=5000'], ports: [{containerPort: "
            "8080, protocol: TCP}]}]",
            k8080, "8080", false}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(HttpPortOfAProbe, Follows) {
  ServiceWorld world;
  const Rendered r = world.render(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: with-port, args: ['--http_port=5000']}}}");
  const std::string container = "/spec/template/spec/containers/0";
  EXPECT_EQ(r.json("Deployment/m-predictor", container + "/livenessProbe/httpGet/port"), "5000");
  EXPECT_EQ(r.json("Deployment/m-predictor", container + "/readinessProbe/tcpSocket/port"), "5000");
  EXPECT_THAT(r.problems(), ElementsAre("~predictor PortOfArguments spec.predictor.model.args"));
}

TEST(HttpPortOfATransformer, Follows) {
  ServiceWorld world;
  const Rendered r = world.render(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: with-port}}, transformer: {containers: [{name: "
      "kserve-container, image: i, args: ['--http_port=9000']}]}}");
  EXPECT_EQ(r.json("Service/m-transformer", "/spec/ports/0/targetPort"), "9000");
}

}  // namespace
}  // namespace modelgate::workload
