// SPDX-License-Identifier: Apache-2.0
//
// The rules return for any object: any value at any path, and lists of any length in bounded time.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/cpu_time.h"
#include "tests/validation/fixture.h"

namespace modelgate::validation {
namespace {

/// Something of everything that a rule reads.
constexpr std::string_view kService = R"({
  "kind": "InferenceService",
  "metadata": {"name": "iris", "namespace": "default", "generateName": "i", "labels": {"a": "b"}, "annotations": {
    "serving.kserve.io/deploymentMode": "Standard", "serving.kserve.io/autoscalerClass": "keda",
    "serving.kserve.io/gpu-resource-types": "[\"example.com/gpu\"]"}},
  "spec": {
    "predictor": {
      "name": "v1", "minReplicas": 1, "maxReplicas": 2, "scaleTarget": 1, "scaleMetric": "cpu", "timeout": 1,
      "containerConcurrency": 1, "canaryTrafficPercent": 1, "storageContainerName": "default",
      "autoScaling": {"metrics": [
        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "2Mi"}}},
        {"type": "External", "external": {"metric": {"query": "q"}, "target": {"type": "Value", "value": 1}}}]},
      "logger": {"mode": "all", "storage": {"path": "p", "key": "k", "parameters": {"a": "b"}}},
      "batcher": {"maxBatchSize": 1}, "deploymentStrategy": {"type": "Recreate"},
      "model": {"modelFormat": {"name": "sklearn", "version": "1"}, "runtime": "kserve-sklearnserver",
        "storageUri": "s3://a/b", "storage": {"key": "k", "parameters": {"type": "s3"}}, "protocolVersion": "v1",
        "confidential": {"enabled": true, "resourceId": "kbs:///a/b/c"}, "args": ["{{.Name}}"],
        "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80, "name": "a", "protocol": "TCP"}],
        "volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": "s"}],
        "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1", "nvidia.com/gpu": 1}}},
      "containers": [{"name": "transformer-container", "image": "i", "env": [{"name": "B"}]}],
      "initContainers": [{"name": "init", "image": "i"}],
      "volumes": [{"name": "v"}], "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoSchedule"}],
      "nodeSelector": {"a": "b"}, "labels": {"a": "b"}, "annotations": {"a": "b"},
      "storageUris": [{"uri": "s3://a/b", "mountPath": "/mnt/a"}],
      "workerSpec": {"pipelineParallelSize": 1, "tensorParallelSize": 1, "containers": [{"name": "worker-container"}]}},
    "transformer": {"containers": [{"name": "kserve-container", "image": "i", "env": [{"name": "STORAGE_URI", "value": "u"}]}]},
    "explainer": {"art": {"type": "SquareAttack", "storageUri": "s3://a/b", "storage": {"parameters": {"type": "s3"}}}},
    "canary": [{"trafficPercent": 10, "predictor": {"name": "c", "minReplicas": 1, "onnx": {"storageUri": "s3://a/b"}}},
               {"trafficPercent": 10, "predictor": {"name": "d", "tensorflow": {"runtimeVersion": "1-gpu"}}}]},
  "status": {"deploymentMode": "Standard"}})";

constexpr std::string_view kRuntime = R"({
  "kind": "ClusterServingRuntime", "metadata": {"name": "mine", "labels": {"a": "b"}, "annotations": {"a": "b"}},
  "spec": {
    "disabled": false, "multiModel": false, "labels": {"a": "b"},
    "annotations": {"serving.kserve.io/gpu-resource-types": "[\"example.com/gpu\"]"},
    "supportedModelFormats": [{"name": "sklearn", "version": "1", "autoSelect": true, "priority": 1},
                              {"name": "sklearn", "version": "2", "autoSelect": true, "priority": 2}],
    "protocolVersions": ["v1", "v2"],
    "containers": [{"name": "kserve-container", "image": "i", "args": ["{{.Name}}"], "env": [{"name": "A", "value": "{{.Labels.a}}"}],
                    "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}}],
    "initContainers": [{"name": "init"}], "volumes": [{"name": "v"}],
    "workerSpec": {"pipelineParallelSize": 1, "containers": [{"name": "worker-container"}]}}})";

void validate(const spec::Value& object, const spec::Value* old, const spec::Catalog& catalog) {
  const spec::InferenceServiceView old_service(old);
  const spec::ServingRuntimeView old_runtime(old);
  validate_inference_service({spec::InferenceServiceView(object), old ? &old_service : nullptr, catalog});
  validate_serving_runtime({spec::ServingRuntimeView(object), old ? &old_runtime : nullptr, catalog});
}

/// Calls `f` with a pointer to every value below `v`.
template <typename F>
void for_each_value(spec::Value& v, F&& f) {
  if (v.IsObject()) {
    for (auto& m : v.GetObject()) {
      f(m.value);
      for_each_value(m.value, f);
    }
  } else if (v.IsArray()) {
    for (spec::Value& e : v.GetArray()) {
      f(e);
      for_each_value(e, f);
    }
  }
}

class AnyValueAnywhereTest : public testing::TestWithParam<std::string_view> {};

TEST_P(AnyValueAnywhereTest, IsAnswered) {
  const auto catalog = make_catalog();
  Document document(GetParam());
  const Document original(GetParam());
  int places = 0;
  for_each_value(document.value(), [&](spec::Value& place) {
    ++places;
    spec::Value kept = std::move(place);
    for (const std::string_view text : {"true", "0", "-1", "9223372036854775807", "1.5", R"("")", R"("x")",
                                        R"("{{")", R"("://")", R"("s3://")", "[]", "{}", R"([1])", R"([{}])",
                                        R"([[]])", R"([{}, {"name": 1}])", R"({"name": []})"}) {
      Document other(text);
      place = spec::clone(other.value(), document.arena());
      validate(document.value(), nullptr, *catalog);
      validate(document.value(), &original.value(), *catalog);
      validate(original.value(), &document.value(), *catalog);
      // The catalog may hold the changed object too.
      spec::CatalogBuilder builder;
      builder.add(document.value());
      validate(original.value(), nullptr, *builder.build(1));
    }
    place = std::move(kept);
  });
  EXPECT_GT(places, 30);
}

INSTANTIATE_TEST_SUITE_P(Robustness, AnyValueAnywhereTest, testing::Values(kService, kRuntime),
                         [](const auto& param) { return param.index == 0 ? "Service" : "Runtime"; });

/// `count` times an element, a number in place of each %.
std::string many(std::size_t count, std::string_view element) {
  std::string list = "[";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) list += ", ";
    for (const char c : element) list += c == '%' ? std::to_string(i) : std::string(1, c);
  }
  return list + "]";
}

struct Long {
  const char* name;
  std::string object;
};

void PrintTo(const Long& l, std::ostream* out) {
  *out << l.name;
}

std::string long_service(const std::string& predictor, const std::string& more = "") {
  return R"({"kind": "InferenceService", "metadata": {"name": "a", "namespace": "default",
             "annotations": {"serving.kserve.io/deploymentMode": "Standard"}}, "spec": {"predictor": {)" +
         predictor + "}" + more + "}}";
}

std::string long_runtime(const std::string& spec) {
  return R"({"kind": "ClusterServingRuntime", "metadata": {"name": "a"}, "spec": {)" + spec + "}}";
}

/// Lists as long as a body of 3 MiB can hold, of different elements and of equal ones.
std::vector<Long> long_objects() {
  constexpr std::size_t kMany = 25'000;
  const std::string model = R"("model": {"modelFormat": {"name": "sklearn"}, )";
  return {
      {"Env", long_service(model + R"("env": )" + many(kMany, R"({"name": "V%"})") + "}")},
      {"EqualEnv", long_service(model + R"("env": )" + many(kMany, R"({"name": "V"})") + "}")},
      {"Containers", long_service(R"("containers": )" + many(kMany, R"({"name": "c%", "image": "i"})"))},
      {"ServingContainers",
       long_service(R"("containers": )" + many(kMany, R"({"name": "kserve-container"})"))},
      {"Volumes",
       long_service(model + R"("volumeMounts": )" + many(kMany, R"({"name": "v%", "mountPath": "/%"})") +
                    R"(}, "volumes": )" + many(kMany, R"({"name": "v%"})"))},
      {"MountsOfNothing", long_service(model + R"("volumeMounts": )" +
                                       many(kMany, R"({"name": "w%", "mountPath": "/"})") + "}")},
      {"Canaries",
       long_service(
           model + R"("storageUri": "s3://a/b"})",
           R"(, "canary": )" +
               many(
                   kMany / 2,
                   R"({"predictor": {"name": "c%", "model": {"modelFormat": {"name": "sklaern"}, "storageUri": "s4://a/b"}}})"))},
      {"StorageUris", long_service(R"("model": {}, "storageUris": )" +
                                   many(kMany, R"({"uri": "models%://a/b", "mountPath": "/m/%"})"))},
      {"UnsupportedStorageUris", long_service(R"("model": {}, "storageUris": )" +
                                              many(kMany, R"({"uri": "s4://a/b", "mountPath": "/m"})"))},
      {"Formats", long_runtime(R"("protocolVersions": ["v1"], "supportedModelFormats": )" +
                               many(kMany, R"({"name": "f%", "autoSelect": true, "priority": 1})"))},
      {"EqualFormats", long_runtime(R"("protocolVersions": ["v1"], "supportedModelFormats": )" +
                                    many(kMany, R"({"name": "f", "autoSelect": true, "priority": %})"))},
      {"Claims", long_service(R"("resourceClaims": )" + many(kMany, R"({"name": "c%"})") +
                              R"(, "containers": [{"name": "kserve-container", "resources": {"claims": )" +
                              many(kMany, R"({"name": "d%"})") + "}}]")},
      {"Devices", long_service(R"("volumes": )" + many(kMany, R"({"name": "v%"})") +
                               R"(, "containers": [{"name": "kserve-container", "volumeDevices": )" +
                               many(kMany, R"({"name": "w%", "devicePath": "/%"})") + "}]")},
      {"HostPorts",
       long_service(R"("containers": )" +
                    many(kMany, R"({"name": "c%", "ports": [{"containerPort": 1, "hostPort": 1}]})"))},
      {"LabelKeys", long_service(model + R"("args": []}, "topologySpreadConstraints": [{"matchLabelKeys": )" +
                                 many(kMany, R"("k%")") + R"(, "labelSelector": {"matchExpressions": )" +
                                 many(kMany, R"({"key": "l%", "operator": "Exists"})") + "}}]")},
      {"MisspelledAnnotations", R"({"kind": "InferenceService", "metadata": {"name": "a", "annotations": {)" +
                                    [] {
                                      std::string all =
                                          many(kMany, R"("serving.kserve.io/autoscaler%": "x")");
                                      return all.substr(1, all.size() - 2);
                                    }() +
                                    R"(}}, "spec": {"predictor": {}}})"},
      {"Templates", long_runtime(R"("containers": [{"name": "kserve-container", "args": )" +
                                 many(kMany, R"("{{.Name%}}")") + "}]")},
  };
}

class LongListTest : public testing::TestWithParam<Long> {};

TEST_P(LongListTest, TakesNoLongerThanReadingIt) {
  spec::CatalogBuilder builder;
  add_all(builder, kRuntimes);
  // Another runtime, as long.
  const Document other(long_runtime(R"("protocolVersions": ["v1"], "volumes": )" +
                                    many(10'000, R"({"name": "v%"})") + R"(, "supportedModelFormats": )" +
                                    many(10'000, R"({"name": "f%", "autoSelect": true, "priority": 1})")));
  builder.add(other.value());
  const auto catalog = builder.build(1);
  const Document document(GetParam().object);
  const auto start = cpu_time();
  validate(document.value(), nullptr, *catalog);
  // A quadratic loop takes minutes here; the margin is for sanitizers.
  EXPECT_LT(cpu_time() - start, std::chrono::seconds(10));
}

INSTANTIATE_TEST_SUITE_P(Robustness, LongListTest, testing::ValuesIn(long_objects()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace modelgate::validation
