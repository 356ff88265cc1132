// SPDX-License-Identifier: Apache-2.0
//
// A second mutation of a Pod changes nothing and looks up nothing new, whatever the Pod requests, and
// whatever the reconciler or another webhook changed before. The Pods are generated, the same in each run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "tests/workload/pods/pod_world.h"
#include "workload/objects/annotations.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kCluster = R"(
apiVersion: v1
kind: ServiceAccount
metadata: {name: many, namespace: default, annotations: {eks.amazonaws.com/role-arn: a, serving.kserve.io/s3-region: r}}
secrets: [{name: s3}, {name: gcs}, {name: azure}, {name: https}, {name: hdfs}, {name: hf}, {name: other}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: gone, namespace: default}
secrets: [{name: nowhere}]
---
apiVersion: v1
kind: Secret
metadata: {name: s3, namespace: default, annotations: {serving.kserve.io/s3-cabundle-configmap: ca}}
stringData: {AWS_ACCESS_KEY_ID: a, AWS_SECRET_ACCESS_KEY: b, S3_ENDPOINT: "minio:9000"}
---
apiVersion: v1
kind: Secret
metadata: {name: gcs, namespace: default}
stringData: {gcloud-application-credentials.json: a}
---
apiVersion: v1
kind: Secret
metadata: {name: azure, namespace: default}
stringData: {AZ_CLIENT_ID: a, AZURE_ACCESS_TOKEN: b}
---
apiVersion: v1
kind: Secret
metadata: {name: https, namespace: default}
stringData: {https-host: example.com, headers: "a: b"}
---
apiVersion: v1
kind: Secret
metadata: {name: hdfs, namespace: default}
stringData: {HDFS_NAMENODE: a}
---
apiVersion: v1
kind: Secret
metadata: {name: hf, namespace: default}
stringData: {HF_TOKEN: a}
---
apiVersion: v1
kind: Secret
metadata: {name: other, namespace: default}
stringData: {x: a}
---
apiVersion: v1
kind: Secret
metadata: {name: storage-config, namespace: default}
stringData: {s3: '{"type": "s3", "bucket": "b", "cabundle_configmap": "c"}', default_hdfs: '{}'}
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterStorageContainer
metadata: {name: mine}
spec:
  container: {name: fetcher, image: mine, env: [{name: A, value: b}], volumeMounts: [{name: x, mountPath: /x}]}
  supportedUriFormats: [{prefix: "mine://"}]
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: m, namespace: default}
spec: {predictor: {logger: {storage: {serviceAccountName: many, path: /p}}}}
)";

/// The same numbers in each run (a linear congruential generator with Knuth's constants).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t n) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state_ >> 33) % n;
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string_view pick(std::span<const std::string_view> from) { return from[below(from.size())]; }

 private:
  std::uint64_t state_;
};

struct Choice {
  std::string_view annotation;
  std::vector<std::string_view> values;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> kChoices = {
      {annotation::kSourceUri,
       {"s3://b/m", "gs://b", "hf://o/m", "pvc://c", "pvc://c/p", "pvc://", "mine://m", "oci://r/m",
        "oci+native://r/m", "oci+fetch://r/m", "https://h/m.tgz", "<scheme-placeholder>://m", "ftp://h",
        "nonsense", ""}},
      {annotation::kStorageSpec, {"true", "false"}},
      {annotation::kStorageSpecKey, {"s3", "absent", ""}},
      {annotation::kStorageSpecParameters,
       {R"({"type":"hdfs"})", R"({"type":"s3","bucket":"x"})", "{}", "["}},
      {annotation::kStorageContainer, {"mine", "default", "absent", ""}},
      {annotation::kReadOnly, {"true", "false"}},
      {"serving.kserve.io/storageSecretName", {"s3", "gcs", "https", "absent", ""}},
      {annotation::kConfidential, {"true"}},
      {annotation::kLogger, {"true"}},
      {annotation::kLoggerAnnotations, {"a,b"}},
      {annotation::kBatcher, {"true"}},
      {annotation::kAgent, {"true"}},
      {annotation::kModelDirectory, {"/mnt/models"}},
      {annotation::kModelConfigVolume, {"models"}},
      {annotation::kMetricAggregation, {"true", "false"}},
      {annotation::kPrometheusScraping, {"true", "false"}},
      {annotation::kContainerMetricsPort, {"8002"}},
      {annotation::kGkeAccelerator, {"t4"}},
      {annotation::kStorageInitializerUid, {"7", "x"}},
      {annotation::kIstioInterceptionMode, {"REDIRECT", "TPROXY"}},
      {annotation::kIstioStatus, {R"({"containers":["istio-proxy"]})", "{}", "["}},
  };
  return kChoices;
}

constexpr std::array<std::string_view, 6> kContainers = {
    "kserve-container", "worker-container", "transformer-container", "queue-proxy", "istio-proxy", "agent"};
constexpr std::array<std::string_view, 4> kInits = {"setup", "storage-initializer", "istio-init", "fetcher"};
constexpr std::array<std::string_view, 4> kAccounts = {"", "many", "gone", "absent"};

void append_container(Random& dice, std::string_view name, std::string& out) {
  out += fmt::format("{{name: {}, image: i", name);
  if (dice.one_in(3)) out += ", env: [{name: STORAGE_URI, value: 's3://b'}, {name: USER_PORT, value: '1'}]";
  static constexpr std::array<std::string_view, 4> kMounts = {
      "", "", ", volumeMounts: [{name: kserve-provision-location, mountPath: /mnt/models}]",
      ", volumeMounts: [{name: x, mountPath: /mnt/models}]"};
  out += dice.pick(kMounts);
  if (dice.one_in(3)) out += ", readinessProbe: {httpGet: {path: /r, port: 1}}";
  if (dice.one_in(3)) out += ", resources: {limits: {nvidia.com/gpu: 1}}";
  static constexpr std::array<std::string_view, 8> kSecurity = {
      "",
      "",
      "",
      ", securityContext: {runAsUser: 5}",
      ", securityContext: {runAsUser: 0, runAsGroup: 3}",
      ", securityContext: {runAsNonRoot: true}",
      ", securityContext: {privileged: true}",
      ", securityContext: {capabilities: {drop: [NET_RAW]}, seccompProfile: {type: Unconfined}}"};
  out += dice.pick(kSecurity);
  if (dice.one_in(4)) out += ", ports: [{name: aggr-metric, containerPort: 1}]";
  out += "}, ";
}

std::string make_pod(Random& dice) {
  std::string out = "metadata: {annotations: {";
  for (const Choice& c : choices()) {
    const bool storage = c.annotation == annotation::kSourceUri;
    if (storage ? dice.one_in(8) : !dice.one_in(4)) continue;
    out += fmt::format("{}: '{}', ", c.annotation, dice.pick(c.values));
  }
  out += "}";
  if (dice.one_in(6)) {
    out += fmt::format(", labels: {{{}: m, {}: c}}", label::kInferenceService, label::kLocalModel);
  }
  out += "}\nspec: {containers: [";
  for (const std::string_view name : kContainers) {
    if (name == container::kModelServer ? !dice.one_in(10) : dice.one_in(4))
      append_container(dice, name, out);
  }
  out += "], initContainers: [";
  for (const std::string_view name : kInits) {
    if (dice.one_in(8)) out += fmt::format("{{name: {}}}, ", name);
  }
  out += "]";
  static constexpr std::array<std::string_view, 4> kOfPod = {
      "", "", ", securityContext: {runAsUser: 6, seccompProfile: {type: RuntimeDefault}}",
      ", securityContext: {runAsNonRoot: false}, os: {name: windows}"};
  out += dice.pick(kOfPod);
  if (const std::string_view account = dice.pick(kAccounts); !account.empty()) {
    out += fmt::format(", serviceAccountName: {}", account);
  }
  return out + "}";
}

/// Number of Pods; MODELGATE_PODS sets another.
std::size_t how_many() {
  const char* count = std::getenv("MODELGATE_PODS");
  return count ? static_cast<std::size_t>(std::strtoull(count, nullptr, 10)) : 2000;
}

class GeneratedPods : public testing::TestWithParam<bool> {};

TEST_P(GeneratedPods, AreCompleteAfterOnePass) {
  const bool strict = GetParam();
  const PodWorld::Change change = [&](spec::Configuration& c) {
    c.storage_initializer.enable_modelcar = true;
    c.storage_initializer.uid_modelcar = 1010;
    c.logger.ca_bundle = "bundle";
    if (!strict) make_compatible(c);
  };
  Random dice(strict ? 1 : 2);
  std::size_t allowed = 0;
  std::size_t changed = 0;
  auto world = std::make_unique<PodWorld>(kCluster, change);
  for (std::size_t i = 0; i < how_many(); ++i) {
    if (i % 1000 == 999) world = std::make_unique<PodWorld>(kCluster, change);  // for a new arena
    const std::string text = make_pod(dice);
    const Mutated once = world->mutate(world->pod(text));
    // A service, its logger's account, that account's Secrets.
    EXPECT_LE(once.looked_up.size(), 3U) << text;
    if (!once.allowed) continue;
    ++allowed;
    changed += once.patch != "[]";
    const Mutated again = world->mutate(once.pod);
    ASSERT_TRUE(again.allowed) << text << "\n" << again.error_texts;
    ASSERT_EQ("[]", again.patch) << text;
  }
  EXPECT_GT(allowed, how_many() / 20);
  EXPECT_GT(changed, allowed / 2);
}

INSTANTIATE_TEST_SUITE_P(Modes, GeneratedPods, testing::Bool(),
                         [](const auto& info) { return info.param ? "Strict" : "Compatible"; });

}  // namespace
}  // namespace modelgate::workload
