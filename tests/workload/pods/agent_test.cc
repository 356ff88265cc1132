// SPDX-License-Identifier: Apache-2.0
//
// The agent, and other injected parts: images, metrics, node selectors, users.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/workload/pods/pod_world.h"
#include "workload/objects/annotations.h"

namespace modelgate::workload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

std::string annotated(std::string_view annotations, std::string_view spec = {}) {
  return fmt::format("metadata: {{annotations: {{{}}}}}\n{}", annotations, spec);
}

const std::string kLogger = fmt::format("{}: 'true'", annotation::kLogger);
const std::string kBatcher = fmt::format("{}: 'true'", annotation::kBatcher);

// ----------------------------------------------------------------------------------------------- agent

TEST(Agent, Logs) {
  PodWorld world({}, [](spec::Configuration& c) { c.logger.default_url = "http://sink"; });
  const Mutated m = world.mutate(world.pod(annotated(kLogger)));
  EXPECT_THAT(m.args("agent"), ElementsAre("--log-url", "http://sink", "--source-uri", "m-predictor-0",
                                           "--log-mode", "all", "--inference-service", "m", "--namespace",
                                           "default", "--endpoint", "", "--component", "predictor",
                                           "--logger-tls-skip-verify", "false", "--component-port", "8080"));
  EXPECT_THAT(m.looked_up,
              ElementsAre(std::set<std::string>{"InferenceService m", "ServiceAccount default"}));
}

TEST(Agent, LogsWhatTheAnnotationsSay) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(
      annotated(fmt::format("{}, {}: 'http://a', {}: request, {}: 'X-A', {}: 'a,b,c,a', a: '1', c: '3'",
                            kLogger, annotation::kLoggerUrl, annotation::kLoggerMode,
                            annotation::kLoggerHeaders, annotation::kLoggerAnnotations))));
  EXPECT_THAT(m.args("agent"), IsSupersetOf({"http://a", "request", "X-A", "a=1,c=3"}));
}

constexpr std::string_view kServiceWithLogger = R"(
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: m, namespace: default}
spec:
  predictor:
    logger:
      batchSize: 3
      batchInterval: 5s
      marshallerUrl: http://marshal
      storage: {path: /logs, parameters: {format: json}, serviceAccountName: writer}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: writer, namespace: default}
secrets: [{name: creds}]
---
apiVersion: v1
kind: Secret
metadata: {name: creds, namespace: default}
stringData: {HF_TOKEN: sentinel}
)";

TEST(Agent, LogsIntoTheStoreOfItsService) {
  PodWorld world(kServiceWithLogger);
  const Mutated m = world.mutate(world.pod(annotated(kLogger)));
  EXPECT_THAT(m.args("agent"),
              IsSupersetOf({"--log-store-path", "/logs", "--log-store-format", "json", "--log-marshaller-url",
                            "http://marshal", "--log-batch-size", "3", "--log-batch-interval", "5s"}));
  EXPECT_THAT(m.env("agent"), ElementsAre("HF_TOKEN<creds/HF_TOKEN"));
}

TEST(Agent, TrustsTheSinksBundle) {
  PodWorld world({}, [](spec::Configuration& c) {
    c.logger.ca_bundle = "bundle";
    c.logger.ca_cert_file = "ca.crt";
    c.logger.tls_skip_verify = true;
  });
  const Mutated m = world.mutate(world.pod(annotated(kLogger)));
  EXPECT_THAT(m.args("agent"), IsSupersetOf({"--logger-ca-cert-file", "ca.crt", "true"}));
  EXPECT_THAT(m.mounts("agent"), ElementsAre("agent-ca-bundle:/etc/tls/logger:ro"));
  EXPECT_EQ("true", m.text("/spec/volumes/0/configMap/optional"));
}

TEST(Agent, Batches) {
  PodWorld world;
  const Mutated m = world.mutate(
      world.pod(annotated(fmt::format("{}, {}: '32', {}: '500'", kBatcher, annotation::kBatcherMaxBatchSize,
                                      annotation::kBatcherMaxLatency))));
  EXPECT_THAT(m.args("agent"), ElementsAre("--enable-batcher", "--max-batchsize", "32", "--max-latency",
                                           "500", "--component-port", "8080"));
}

const std::string kPuller =
    fmt::format("{}: 'true', {}: models, {}: /mnt/configs, {}: /mnt/models", annotation::kAgent,
                annotation::kModelConfigVolume, annotation::kModelConfigMount, annotation::kModelDirectory);

TEST(Agent, PullsModelsInsteadOfTheStorageInitializer) {
  PodWorld world;
  const Mutated m =
      world.mutate(world.pod(annotated(fmt::format("{}, {}: 's3://b/m'", kPuller, annotation::kSourceUri))));
  EXPECT_EQ(nullptr, m.container("storage-initializer"));
  EXPECT_THAT(m.mounts("agent"), ElementsAre("model-dir:/mnt/models", "model-config:/mnt/configs"));
  EXPECT_THAT(m.mounts("kserve-container"), ElementsAre("model-dir:/mnt/models"));
  EXPECT_EQ("models", m.text("/spec/volumes/1/configMap/name"));
}

TEST(Agent, NeedsAConfigurationAndADirectoryToPull) {
  PodWorld world;
  EXPECT_THAT(
      world.mutate(world.pod(annotated(fmt::format("{}: 'true'", annotation::kAgent)))).errors,
      ElementsAre(fmt::format("metadata.annotations[{}] FieldValueRequired", annotation::kModelDirectory)));
  EXPECT_THAT(world
                  .mutate(world.pod(annotated(
                      fmt::format("{}: 'true', {}: /mnt", annotation::kAgent, annotation::kModelDirectory))))
                  .errors,
              ElementsAre(fmt::format("metadata.annotations[{}] FieldValueRequired",
                                      annotation::kModelConfigVolume)));
}

struct ServerCase {
  const char* name;
  const char* containers;
  const char* port;
  const char* probe;  // of the server, as passed to the agent; empty: none
  const char* path;   // of the agent's own probe
};

class AgentsServer : public testing::TestWithParam<ServerCase> {};

TEST_P(AgentsServer, IsProbedThroughTheAgent) {
  const ServerCase& c = GetParam();
  PodWorld world;
  const Mutated m =
      world.mutate(world.pod(annotated(kBatcher, fmt::format("spec: {{containers: {}}}", c.containers))));
  EXPECT_EQ(c.port, m.args("agent").back());
  std::vector<std::string> env;
  if (*c.probe) env.push_back(fmt::format("SERVING_READINESS_PROBE={}", c.probe));
  EXPECT_EQ(env, m.env("agent"));
  const spec::ObjectView get =
      spec::ObjectView(m.container("agent")).object("readinessProbe").object("httpGet");
  EXPECT_EQ(c.path, get.string("path"));
  EXPECT_EQ(9081, get.integer("port"));
}

const ServerCase kServers[] = {
    {"Plain", "[{name: kserve-container}]", "8080", "", "/"},
    {"WithAPort", "[{name: kserve-container, ports: [{containerPort: 9000}, {containerPort: 1}]}]", "9000",
     "", "/"},
    {"WithHttpGet",
     "[{name: kserve-container, readinessProbe: {httpGet: {path: /r, port: 1}, periodSeconds: 3}}]", "8080",
     R"({"httpGet":{"path":"/r","port":1},"periodSeconds":3})", "/r"},
    {"WithTcpSocket", "[{name: kserve-container, readinessProbe: {tcpSocket: {port: 1}}}]", "8080",
     R"({"tcpSocket":{"port":1}})", "/"},
    {"WithExec", "[{name: kserve-container, readinessProbe: {exec: {command: [a]}}}]", "8080", "", "/"},
    {"WithATransformer",
     "[{name: kserve-container, ports: [{containerPort: 9000}], readinessProbe: {tcpSocket: {port: 1}}}, "
     "{name: "
     "transformer-container, ports: [{containerPort: 8081}], readinessProbe: {httpGet: {path: /t, port: "
     "2}}}]",
     "8081", R"({"httpGet":{"path":"/t","port":2}})", "/t"},
};

INSTANTIATE_TEST_SUITE_P(Table, AgentsServer, testing::ValuesIn(kServers),
                         [](const auto& row) { return row.param.name; });

TEST(Agent, ReceivesRequestsFromQueueProxy) {
  PodWorld world;
  const Mutated m =
      world.mutate(world.pod(annotated(kBatcher,
                                       "spec: {containers: [{name: kserve-container, readinessProbe: "
                                       "{tcpSocket: {port: 1}}}, {name: queue-proxy, env: "
                                       "[{name: USER_PORT, value: '8080'}, {name: X, value: z}]}]}")));
  EXPECT_THAT(m.env("queue-proxy"), ElementsAre("USER_PORT=9081", "X=z"));
  EXPECT_THAT(m.env("agent"), ElementsAre("USER_PORT=8080", "X=z"));
}

TEST(Agent, HasTheSecurityContextOfTheServer) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(annotated(
      kBatcher, "spec: {containers: [{name: kserve-container, securityContext: {runAsUser: 7}}]}")));
  EXPECT_EQ(7, spec::ObjectView(m.container("agent")).object("securityContext").integer("runAsUser"));
}

// ---------------------------------------------------------------------------------------------- images

TEST(OciModel, IsASidecar) {
  PodWorld world({}, [](spec::Configuration& c) {
    c.storage_initializer.enable_modelcar = true;
    c.storage_initializer.uid_modelcar = 1010;
  });
  const Mutated m =
      world.mutate(world.pod(annotated(fmt::format("{}: 'oci://r/m:1'", annotation::kSourceUri))));
  EXPECT_EQ("r/m:1", spec::ContainerView(m.container("modelcar")).image());
  EXPECT_EQ("r/m:1", spec::ContainerView(m.container("modelcar-init")).image());
  EXPECT_THAT(m.env("kserve-container"), ElementsAre("MODEL_INIT_MODE=async"));
  EXPECT_THAT(m.mounts("kserve-container"), ElementsAre("kserve-provision-location:/mnt"));
  EXPECT_EQ("true", m.text("/spec/shareProcessNamespace"));
  EXPECT_EQ("1010", m.text("/spec/containers/0/securityContext/runAsUser"));
  EXPECT_THAT(m.looked_up, IsEmpty());
}

struct OciCase {
  const char* name;
  const char* uri;
  const char* mode;
  std::vector<std::string> containers;  // in addition to the server, init containers last
  bool image_volume = false;
};

class OciMode : public testing::TestWithParam<OciCase> {};

TEST_P(OciMode, Serves) {
  const OciCase& c = GetParam();
  PodWorld world({}, [&](spec::Configuration& configuration) {
    configuration.storage_initializer.enable_modelcar = false;
    configuration.storage_initializer.enable_oci_model_support = false;
    configuration.storage_initializer.oci_model_mode = c.mode;
  });
  const Mutated m =
      world.mutate(world.pod(annotated(fmt::format("{}: '{}'", annotation::kSourceUri, c.uri))));
  EXPECT_TRUE(m.allowed) << m.error_texts;
  for (const std::string& name : c.containers) EXPECT_NE(nullptr, m.container(name)) << name;
  for (const char* name : {"modelcar", "modelcar-init", "storage-initializer"}) {
    EXPECT_EQ(std::ranges::find(c.containers, name) != c.containers.end(), m.container(name) != nullptr)
        << name;
  }
  EXPECT_EQ(c.image_volume, m.find("/spec/volumes/0/image") != nullptr);
}

const OciCase kOci[] = {
    {"ModelcarAsConfigured", "oci://r/m", "modelcar", {"modelcar", "modelcar-init"}},
    {"NativeAsConfigured", "oci://r/m", "native", {}, true},
    {"FetchAsConfigured", "oci://r/m", "fetch", {"modelcar", "modelcar-init"}},
    {"NativeByUri", "oci+native://r/m", "modelcar", {}, true},
    {"ModelcarByUri", "oci+modelcar://r/m", "native", {"modelcar", "modelcar-init"}},
    {"DisabledUsesTheInitializer", "oci://r/m", "", {"storage-initializer"}},
};

INSTANTIATE_TEST_SUITE_P(Table, OciMode, testing::ValuesIn(kOci),
                         [](const auto& row) { return row.param.name; });

TEST(OciModel, ThatIsDisabledButRequestedWarns) {
  PodWorld world({}, [](spec::Configuration& c) {
    c.storage_initializer.enable_modelcar = false;
    c.storage_initializer.enable_oci_model_support = false;
    c.storage_initializer.oci_model_mode.clear();
  });
  const Mutated m =
      world.mutate(world.pod(annotated(fmt::format("{}: 'oci+native://r/m'", annotation::kSourceUri))));
  EXPECT_THAT(m.warnings, ElementsAre(HasSubstr("disabled")));
}

// --------------------------------------------------------------------------------------------- metrics

struct MetricsCase {
  const char* name;
  const char* annotations;
  const char* port;              // prometheus.io/port
  std::vector<std::string> env;  // queue-proxy's
};

class Metrics : public testing::TestWithParam<MetricsCase> {};

TEST_P(Metrics, AreAnnotated) {
  const MetricsCase& c = GetParam();
  PodWorld world({}, [](spec::Configuration& configuration) {
    configuration.metrics_aggregator.enable_metric_aggregation = "false";
    configuration.metrics_aggregator.enable_prometheus_scraping = "false";
  });
  const Mutated m = world.mutate(world.pod(
      annotated(c.annotations, "spec: {containers: [{name: kserve-container}, {name: queue-proxy}]}")));
  EXPECT_EQ(c.port, m.text("/metadata/annotations/prometheus.io~1port"));
  EXPECT_EQ(c.env, m.env("queue-proxy"));
  EXPECT_NE("", m.text("/metadata/annotations/serving.kserve.io~1enable-metric-aggregation"));
}

const MetricsCase kMetrics[] = {
    {"AsConfigured", "", "", {}},
    {"Scraped", "serving.kserve.io/enable-prometheus-scraping: 'true'", "9091", {}},
    {"Aggregated",
     "serving.kserve.io/enable-metric-aggregation: 'true'",
     "",
     {"KSERVE_CONTAINER_PROMETHEUS_METRICS_PORT=8080", "KSERVE_CONTAINER_PROMETHEUS_METRICS_PATH=/metrics",
      "AGGREGATE_PROMETHEUS_METRICS_PORT=9088"}},
    {"Both",
     "serving.kserve.io/enable-metric-aggregation: 'true', serving.kserve.io/enable-prometheus-scraping: "
     "'true', "
     "prometheus.kserve.io/port: '1', prometheus.kserve.io/path: /p",
     "9088",
     {"KSERVE_CONTAINER_PROMETHEUS_METRICS_PORT=1", "KSERVE_CONTAINER_PROMETHEUS_METRICS_PATH=/p",
      "AGGREGATE_PROMETHEUS_METRICS_PORT=9088"}},
};

INSTANTIATE_TEST_SUITE_P(Table, Metrics, testing::ValuesIn(kMetrics),
                         [](const auto& row) { return row.param.name; });

// ------------------------------------------------------------------------------------- nodes and users

TEST(Accelerator, SelectsTheNode) {
  PodWorld world;
  const std::string annotation = fmt::format("{}: t4", annotation::kGkeAccelerator);
  const Mutated with = world.mutate(world.pod(
      annotated(annotation,
                "spec: {containers: [{name: kserve-container, resources: {limits: {nvidia.com/gpu: 1}}}]}")));
  EXPECT_EQ("t4", with.text("/spec/nodeSelector/cloud.google.com~1gke-accelerator"));
  EXPECT_THAT(with.warnings, IsEmpty());
  const Mutated without = world.mutate(world.pod(annotated(annotation)));
  EXPECT_EQ(nullptr, without.find("/spec/nodeSelector"));
  EXPECT_THAT(without.warnings, ElementsAre(HasSubstr("no effect")));
}

struct UserCase {
  const char* name;
  const char* annotations;
  const char* sidecar;  // its securityContext
  const char* init;     // another init container
  const char* user;     // of the storage initializer; empty: none
};

class IstioUser : public testing::TestWithParam<UserCase> {};

TEST_P(IstioUser, RunsTheStorageInitializer) {
  const UserCase& c = GetParam();
  PodWorld world;
  const Mutated m = world.mutate(world.pod(annotated(
      fmt::format("{}: 's3://b/m', {}", annotation::kSourceUri, c.annotations),
      fmt::format("spec: {{initContainers: [{{name: {}}}], containers: [{{name: kserve-container}}, {{name: "
                  "istio-proxy, securityContext: {}}}]}}",
                  c.init, c.sidecar))));
  EXPECT_EQ(c.user, m.text("/spec/initContainers/1/securityContext/runAsUser"));
}

constexpr const char* kCaptured =
    "sidecar.istio.io/interceptionMode: REDIRECT, sidecar.istio.io/status: '{\"containers\": "
    "[\"istio-proxy\"]}'";
const UserCase kUsers[] = {
    {"TheSidecars", kCaptured, "{runAsUser: 5}", "other", "5"},
    {"IstiosDefault", kCaptured, "{}", "other", "1337"},
    {"NotWithoutTheCniPlugin", kCaptured, "{}", "istio-init", ""},
    {"NotWithoutCapture", "sidecar.istio.io/status: '{\"containers\": [\"istio-proxy\"]}'", "{}", "other",
     ""},
    {"NotWithoutASidecar", "sidecar.istio.io/interceptionMode: REDIRECT", "{}", "other", ""},
    {"NotWithAnother",
     "sidecar.istio.io/interceptionMode: REDIRECT, sidecar.istio.io/status: '{\"containers\": [\"x\"]}'",
     "{}", "other", ""},
    {"ByAnnotation", "serving.kserve.io/storage-initializer-uid: '42'", "{}", "istio-init", "42"},
    {"NotByNonsense", "serving.kserve.io/storage-initializer-uid: 'root'", "{}", "other", ""},
};

INSTANTIATE_TEST_SUITE_P(Table, IstioUser, testing::ValuesIn(kUsers),
                         [](const auto& row) { return row.param.name; });

TEST(IstioUser, NeedsAValidStatus) {
  PodWorld world;
  const Mutated m = world.mutate(
      world.pod(annotated(fmt::format("{}: 's3://b/m', {}: REDIRECT, {}: '['", annotation::kSourceUri,
                                      annotation::kIstioInterceptionMode, annotation::kIstioStatus))));
  EXPECT_THAT(m.errors, ElementsAre("metadata.annotations[sidecar.istio.io/status] FieldValueInvalid"));
}

// -------------------------------------------------------------------------------- nothing to inject

TEST(NothingToInject, APodWithoutRequestsNeedsNoFacts) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(""));
  EXPECT_THAT(m.looked_up, IsEmpty());
  EXPECT_THAT(m.warnings, IsEmpty());
}

TEST(NothingToInject, APodWithoutOurLabelIsUnchangedWithAWarning) {
  PodWorld world;
  const Mutated m = world.mutate(
      world.pod("metadata: {labels: {a: b}, annotations: {internal.serving.kserve.io/logger: 'true'}}"));
  EXPECT_EQ("[]", m.patch);
  EXPECT_THAT(m.warnings, ElementsAre(HasSubstr("serving.kserve.io/inferenceservice")));
  EXPECT_THAT(world.mutate(world.pod("metadata: {labels: {a: b}}")).warnings, IsEmpty());
}

TEST(NothingToInject, AnnotationsWithoutEffectWarn) {
  PodWorld world;
  EXPECT_THAT(world.mutate(world.pod(annotated(fmt::format("{}: x", annotation::kStorageSpecKey)))).warnings,
              ElementsAre(HasSubstr(annotation::kStorageSpec)));
}

TEST(LookUps, AreInOneRound) {
  PodWorld world;
  const Mutated m =
      world.mutate(world.pod(annotated(fmt::format("{}, {}: '<scheme-placeholder>://m', {}: 'true'", kLogger,
                                                   annotation::kSourceUri, annotation::kStorageSpec))));
  ASSERT_EQ(1U, m.looked_up.size());
  EXPECT_EQ((std::set<std::string>{"InferenceService m", "Secret storage-config", "ServiceAccount default"}),
            m.looked_up.front());
}

}  // namespace
}  // namespace modelgate::workload
