// SPDX-License-Identifier: Apache-2.0
//
// Which containers get a startup probe, and its exact values.
#include "workload/pods/startup_probe.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/workload/pods/pod_world.h"

namespace modelgate::workload {
namespace {

constexpr const char* kTcp =
    R"({"tcpSocket":{"port":8080},"timeoutSeconds":1,"periodSeconds":1,"failureThreshold":2147483647})";

struct Row {
  const char* name;
  const char* container;  // the fields of the model server's container
  std::string want;       // its startup probe; empty for none
  bool strict = true;
};

class StartupProbe : public testing::TestWithParam<Row> {};

TEST_P(StartupProbe, OfTheModelServer) {
  const Row& row = GetParam();
  PodWorld world({}, [&](spec::Configuration& c) {
    if (!row.strict) make_compatible(c);
  });
  const Mutated m = world.mutate(
      world.pod(fmt::format("spec: {{containers: [{{name: kserve-container, {}}}]}}", row.container)));
  EXPECT_EQ(m.text("/spec/containers/0/startupProbe"), row.want);
  EXPECT_EQ("[]", world.mutate(m.pod).patch) << "a second pass";
}

INSTANTIATE_TEST_SUITE_P(
    Cases, StartupProbe,
    testing::Values(
        Row{"KServesDefault",
            "readinessProbe: {tcpSocket: {port: 8080}, timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, "
            "failureThreshold: 3}",
            kTcp},
        Row{"NotInCompatible", "readinessProbe: {tcpSocket: {port: 8080}, timeoutSeconds: 1}", "", false},
        Row{"Http",
            "readinessProbe: {httpGet: {path: /v2/health/ready, port: http, scheme: HTTPS}, timeoutSeconds: 5}",
            R"({"httpGet":{"path":"/v2/health/ready","port":"http","scheme":"HTTPS"},"timeoutSeconds":5,)"
            R"("periodSeconds":1,"failureThreshold":2147483647})"},
        Row{"Grpc", "readinessProbe: {grpc: {port: 9000, service: s}}",
            R"({"grpc":{"port":9000,"service":"s"},"periodSeconds":1,"failureThreshold":2147483647})"},
        Row{"KeepsTheDelay",
            "readinessProbe: {tcpSocket: {port: 1}, initialDelaySeconds: 20, periodSeconds: 30}",
            R"({"tcpSocket":{"port":1},"initialDelaySeconds":20,"periodSeconds":1,"failureThreshold":2147483647})"},
        Row{"NoneForACommand", "readinessProbe: {exec: {command: [check]}}", ""},
        Row{"NoneWithoutReadiness", "image: i", ""},
        Row{"NoneForTwoChecks", "readinessProbe: {tcpSocket: {port: 1}, httpGet: {port: 1}}", ""},
        Row{"TheUsersStays", "readinessProbe: {tcpSocket: {port: 1}}, startupProbe: {tcpSocket: {port: 2}}",
            R"({"tcpSocket":{"port":2}})"},
        Row{"NoneIfLivenessChecksSomethingElse",
            "readinessProbe: {httpGet: {path: /ready, port: 1}}, livenessProbe: {httpGet: {path: /live, port: 1}}",
            ""},
        Row{"NoneIfLivenessIsACommand",
            "readinessProbe: {httpGet: {path: /ready, port: 1}}, livenessProbe: {exec: {command: [check]}}",
            ""},
        Row{"AsLongAsTheSameLivenessProbe",
            "readinessProbe: {tcpSocket: {port: 1}}, livenessProbe: {tcpSocket: {port: 1}, initialDelaySeconds: 15, "
            "periodSeconds: 20, failureThreshold: 5}",
            R"({"tcpSocket":{"port":1},"periodSeconds":1,"failureThreshold":115})"},
        Row{"AsLongAsTheDefaultsOfLiveness",
            "readinessProbe: {tcpSocket: {port: 1}}, livenessProbe: {tcpSocket: {port: 1}}",
            R"({"tcpSocket":{"port":1},"periodSeconds":1,"failureThreshold":30})"}),
    [](const auto& row) { return std::string(row.param.name); });

/// "name" or "name+" for each container; "+" if it has a startup probe.
std::string probed(const Mutated& m) {
  std::string out;
  for (const spec::Value& c : m.find("/spec/containers")->GetArray()) {
    out += out.empty() ? "" : " ";
    out += spec::text_of(*spec::find(c, "name"));
    if (spec::find(c, "startupProbe")) out += '+';
  }
  return out;
}

struct PodRow {
  const char* name;
  const char* pod;
  const char* want;
};

class StartupProbes : public testing::TestWithParam<PodRow> {};

TEST_P(StartupProbes, OfAPod) {
  PodWorld world;
  EXPECT_EQ(probed(world.mutate(world.pod(GetParam().pod))), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, StartupProbes,
    testing::Values(
        PodRow{"OnlyServers",
               "spec: {containers: [{name: kserve-container, readinessProbe: {tcpSocket: {port: 1}}}, "
               "{name: transformer-container, readinessProbe: {tcpSocket: {port: 2}}}, "
               "{name: sidecar, readinessProbe: {tcpSocket: {port: 3}}}]}",
               "kserve-container+ transformer-container+ sidecar"},
        PodRow{"NotWorkers",
               "spec: {containers: [{name: worker-container, readinessProbe: {tcpSocket: {port: 1}}}]}",
               "worker-container"},
        PodRow{"TheAgentToo",
               "metadata: {annotations: {internal.serving.kserve.io/batcher: 'true'}}\n"
               "spec: {containers: [{name: kserve-container, readinessProbe: {tcpSocket: {port: 1}}}]}",
               "kserve-container+ agent+"},
        PodRow{"NotBesideQueueProxy",
               "spec: {containers: [{name: kserve-container, readinessProbe: {tcpSocket: {port: 1}}}, "
               "{name: queue-proxy, readinessProbe: {httpGet: {port: 2}}}]}",
               "kserve-container queue-proxy"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace modelgate::workload
