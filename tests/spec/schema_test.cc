// SPDX-License-Identifier: Apache-2.0
#include "spec/schema.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "spec/json.h"
#include "spec/schema_core.h"
#include "spec/schema_serving.h"

namespace modelgate::spec::schema {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// One rule, so that errors have a rule name, as in validation.
struct Found {
  FieldErrors type_errors;
  FieldErrors unknown_fields;
};

class Document {
 public:
  explicit Document(std::string_view json) : value_(read(json, arena_)) {}

  const Value& value() const { return value_; }
  Value& value() { return value_; }

  Found check(const Type& type, const Options& options = {}) const {
    Found found;
    found.type_errors.begin_rule("structure", false);
    check_structure(value_, type, options, found.type_errors, &found.unknown_fields);
    return found;
  }

 private:
  static Value read(std::string_view json, Arena& arena) {
    auto value = parse_json(json, arena);
    if (!value) {
      ADD_FAILURE() << value.error().message << " in " << json;
      return Value();
    }
    return std::move(*value);
  }

  Arena arena_;
  Value value_;
};

std::vector<std::string> paths(const FieldErrors& errors) {
  std::vector<std::string> out;
  for (const FieldError& e : errors) out.push_back(e.path.to_string());
  return out;
}

// An InferenceService with fields in every component.
constexpr std::string_view kService = R"({
  "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
  "metadata": {"name": "iris", "namespace": "default", "labels": {"app": "iris"}, "annotations": {"a/b": "c"},
    "creationTimestamp": null, "generation": 1, "finalizers": ["f"], "managedFields": [{"x": 1}],
    "ownerReferences": [{"apiVersion": "v1", "kind": "X", "name": "x", "uid": "1", "controller": true}]},
  "spec": {
    "predictor": {"name": "p", "minReplicas": 1, "maxReplicas": 3, "scaleTarget": 70, "scaleMetric": "cpu",
      "scaleMetricType": "Utilization", "containerConcurrency": 10, "timeout": 60, "canaryTrafficPercent": 10,
      "labels": {"l": "v"}, "annotations": {"a": "v"},
      "deploymentStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}},
      "autoScaling": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 30, "tolerance": "0.1",
          "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}},
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}},
          {"type": "External", "external": {"metric": {"backend": "prometheus", "serverAddress": "s", "query": "q", "namespace": "n"},
            "target": {"type": "Value", "value": "0.5"}, "authenticationRef": {"authModes": "basic", "authenticationRef": {"name": "a"}}}},
          {"type": "PodMetric", "podmetric": {"metric": {"backend": "opentelemetry", "metricNames": ["m"], "query": "q",
            "operationOverTime": "last_one", "serverAddress": "s"}, "target": {"type": "Value", "averageValue": 3}}}]},
      "logger": {"mode": "all", "url": "u", "metadataHeaders": ["h"], "metadataAnnotations": ["a"], "batchSize": 1,
        "batchInterval": "1s", "marshallerUrl": "m",
        "storage": {"path": "p", "key": "k", "parameters": {"type": "s3"}, "serviceAccountName": "s"}},
      "batcher": {"maxBatchSize": 32, "maxLatency": 500, "timeout": 60},
      "storageUris": [{"uri": "s3://a", "mountPath": "/mnt/a"}], "storageContainerName": "c",
      "model": {"modelFormat": {"name": "sklearn", "version": "1"}, "runtime": "r", "protocolVersion": "v2",
        "runtimeVersion": "1", "storageUri": "gs://a", "confidential": {"enabled": true, "resourceId": "kbs:///a/b/c"},
        "storage": {"path": "p", "key": "k", "schemaPath": "s", "parameters": {"bucket": "b"}},
        "name": "kserve-container", "image": "i", "command": ["c"], "args": ["a"],
        "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": 1, "memory": "1Gi", "nvidia.com/gpu": 1.0},
          "claims": [{"name": "gpu", "request": "r"}]},
        "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
        "ports": [{"containerPort": 8080, "protocol": "TCP", "name": "http1"}],
        "livenessProbe": {"httpGet": {"path": "/", "port": "http1"}, "periodSeconds": 5},
        "readinessProbe": {"tcpSocket": {"port": 8080}},
        "securityContext": {"runAsUser": 1000, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": true}]},
      "workerSpec": {"pipelineParallelSize": 2, "tensorParallelSize": 1, "containers": [{"name": "worker-container"}]},
      "nodeSelector": {"a": "b"}, "serviceAccountName": "sa", "automountServiceAccountToken": false,
      "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 5}],
      "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
          {"matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]}]}},
        "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
          {"weight": 1, "podAffinityTerm": {"topologyKey": "t", "labelSelector": {"matchLabels": {"a": "b"}}}}]}},
      "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "t", "whenUnsatisfiable": "DoNotSchedule"}],
      "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "t"}], "securityContext": {"fsGroup": 1},
      "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}, {"name": "w", "persistentVolumeClaim": {"claimName": "c"}},
        {"name": "x", "projected": {"sources": [{"serviceAccountToken": {"path": "p"}}]}},
        {"name": "y", "ephemeral": {"volumeClaimTemplate": {"metadata": {"labels": {"a": "b"}},
          "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}}}],
      "imagePullSecrets": [{"name": "s"}], "hostAliases": [{"ip": "1.2.3.4", "hostnames": ["h"]}]},
    "transformer": {"containers": [{"name": "t", "image": "i"}], "initContainers": [{"name": "i", "restartPolicy": "Always"}]},
    "explainer": {"art": {"type": "SquareAttack", "config": {"nb_classes": "10"}, "storageUri": "u", "runtimeVersion": "1"}},
    "canary": [{"predictor": {"name": "c", "sklearn": {"storageUri": "gs://b"}}, "trafficPercent": 10}]
  },
  "status": {"anything": [1, {"goes": true}]}
})";

constexpr std::string_view kRuntime = R"({
  "apiVersion": "serving.kserve.io/v1alpha1", "kind": "ClusterServingRuntime", "metadata": {"name": "r"},
  "spec": {"annotations": {"a": "b"}, "labels": {"a": "b"}, "disabled": false, "multiModel": false, "hostIPC": true,
    "protocolVersions": ["v1", "v2"], "replicas": 1, "grpcEndpoint": "g", "grpcDataEndpoint": "g", "httpDataEndpoint": "h",
    "supportedModelFormats": [{"name": "sklearn", "version": "1", "autoSelect": true, "priority": 1}],
    "builtInAdapter": {"serverType": "triton", "runtimeManagementPort": 8001, "memBufferBytes": 1,
      "modelLoadingTimeoutMillis": 1, "env": [{"name": "a"}]}, "storageHelper": {"disabled": true},
    "containers": [{"name": "kserve-container", "image": "i", "args": ["--model_name={{.Name}}"]}],
    "workerSpec": {"pipelineParallelSize": 2, "tensorParallelSize": 1, "containers": [{"name": "worker-container"}],
      "nodeSelector": {"a": "b"}},
    "volumes": [{"name": "v", "configMap": {"name": "c"}}], "nodeSelector": {"a": "b"}, "tolerations": [{"key": "k"}],
    "imagePullSecrets": [{"name": "s"}], "affinity": {}, "schedulerName": "s", "resourceClaims": [{"name": "c"}]}
})";

constexpr std::string_view kStorage = R"({
  "apiVersion": "serving.kserve.io/v1alpha1", "kind": "ClusterStorageContainer", "metadata": {"name": "c"}, "disabled": false,
  "spec": {"container": {"name": "storage-initializer", "image": "i"}, "supportsMultiModelDownload": true,
    "supportedUriFormats": [{"prefix": "gs://"}, {"regex": "https://.*"}], "workloadType": "initContainer"}
})";

TEST(SchemaTest, AcceptsValidObjects) {
  for (const auto& [json, type] :
       {std::pair{kService, &kInferenceService}, std::pair{kRuntime, &kServingRuntime},
        std::pair{kStorage, &kClusterStorageContainer}}) {
    const auto [type_errors, unknown_fields] = Document(json).check(*type, {.quantities = true});
    EXPECT_THAT(paths(type_errors), IsEmpty());
    EXPECT_THAT(paths(unknown_fields), IsEmpty());
  }
}

struct Case {
  const char* name;
  const Type& type;
  const char* json;
  std::vector<std::string> type_errors;
};

class SchemaTypeTest : public testing::TestWithParam<Case> {};

TEST_P(SchemaTypeTest, ReportsWrongTypes) {
  const auto& [name, type, json, expected] = GetParam();
  const Document document(json);
  const Found found = document.check(type);
  EXPECT_EQ(paths(found.type_errors), expected);
  for (const FieldError& e : found.type_errors) {
    EXPECT_EQ(e.type, ErrorType::kTypeInvalid);
    EXPECT_EQ(e.rule, "structure");
    EXPECT_TRUE(e.detail.starts_with("must be ")) << e.detail;
  }
  EXPECT_THAT(paths(found.unknown_fields), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Objects, SchemaTypeTest,
    testing::Values(
        Case{"root_is_a_list", kInferenceService, "[]", {""}},
        Case{"root_is_text", kInferenceService, R"("a")", {""}},
        Case{"spec_is_text", kInferenceService, R"({"spec": "x"})", {"spec"}},
        Case{"null_is_absent", kInferenceService, R"({"spec": null})", {}},
        Case{"number_for_text", kInferenceService, R"({"metadata": {"name": 5}})", {"metadata.name"}},
        Case{
            "all_at_once",
            kInferenceService,
            R"({"kind": 1, "spec": {"predictor": {"minReplicas": "1", "model": {"modelFormat": "sklearn"}}, "canary": 3}})",
            {"kind", "spec.predictor.minReplicas", "spec.predictor.model.modelFormat", "spec.canary"}},
        Case{"label_is_a_number",
             kInferenceService,
             R"({"metadata": {"labels": {"app.io/v": 1}}})",
             {"metadata.labels[app.io/v]"}},
        Case{"labels_are_a_list",
             kInferenceService,
             R"({"metadata": {"labels": ["a"]}})",
             {"metadata.labels"}},
        Case{"containers_are_an_object",
             kInferenceService,
             R"({"spec": {"predictor": {"containers": {"name": "a"}}}})",
             {"spec.predictor.containers"}},
        Case{"inlined_container_in_a_framework",
             kInferenceService,
             R"({"spec": {"predictor": {"sklearn": {"env": [{"name": "A"}, {"name": 5}]}}}})",
             {"spec.predictor.sklearn.env[1].name"}},
        Case{"null_in_a_list",
             kInferenceService,
             R"({"spec": {"predictor": {"containers": [null]}}})",
             {"spec.predictor.containers[0]"}},
        Case{"canary_as_an_object",
             kInferenceService,
             R"({"spec": {"canary": {"predictor": {"minReplicas": true}}}})",
             {"spec.canary.predictor.minReplicas"}},
        Case{"canary_as_a_list",
             kInferenceService,
             R"({"spec": {"canary": [{"trafficPercent": "10"}]}})",
             {"spec.canary[0].trafficPercent"}},
        Case{"old_canary_percentage", kInferenceService, R"({"spec": {"canaryTrafficPercent": 10}})", {}},
        Case{"runtime_format",
             kServingRuntime,
             R"({"spec": {"supportedModelFormats": [{"autoSelect": "true"}]}})",
             {"spec.supportedModelFormats[0].autoSelect"}},
        Case{"storage_container",
             kClusterStorageContainer,
             R"({"spec": {"container": []}})",
             {"spec.container"}},
        Case{"pod",
             kPod,
             R"({"spec": {"containers": [{"ports": [{"containerPort": "80"}]}]}})",
             {"spec.containers[0].ports[0].containerPort"}}),
    [](const auto& info) { return std::string(info.param.name); });

// Both sides of each limit.
INSTANTIATE_TEST_SUITE_P(
    Scalars, SchemaTypeTest,
    testing::Values(
        Case{"int32_most", kPodSpec, R"({"priority": 2147483647})", {}},
        Case{"int32_beyond", kPodSpec, R"({"priority": 2147483648})", {"priority"}},
        Case{"int32_least", kPodSpec, R"({"priority": -2147483648})", {}},
        Case{"int32_below", kPodSpec, R"({"priority": -2147483649})", {"priority"}},
        Case{"int64_most", kPodSpec, R"({"activeDeadlineSeconds": 9223372036854775807})", {}},
        Case{"int64_beyond",
             kPodSpec,
             R"({"activeDeadlineSeconds": 9223372036854775808})",
             {"activeDeadlineSeconds"}},
        Case{"int64_least", kPodSpec, R"({"activeDeadlineSeconds": -9223372036854775808})", {}},
        Case{"int64_below",
             kPodSpec,
             R"({"activeDeadlineSeconds": -9223372036854777856})",
             {"activeDeadlineSeconds"}},
        Case{"whole_fraction", kPodSpec, R"({"priority": 1.0})", {}},
        Case{"whole_exponent", kPodSpec, R"({"priority": 1e3})", {}},
        Case{"fraction", kPodSpec, R"({"priority": 1.5})", {"priority"}},
        Case{"huge_exponent", kPodSpec, R"({"priority": 1e300})", {"priority"}},
        Case{"number_as_text", kPodSpec, R"({"priority": "1"})", {"priority"}},
        Case{"uint16_most", kServingRuntime, R"({"spec": {"replicas": 65535}})", {}},
        Case{"uint16_beyond", kServingRuntime, R"({"spec": {"replicas": 65536}})", {"spec.replicas"}},
        Case{"uint16_below", kServingRuntime, R"({"spec": {"replicas": -1}})", {"spec.replicas"}},
        Case{"boolean_as_text", kPodSpec, R"({"hostNetwork": "true"})", {"hostNetwork"}},
        Case{"boolean_as_number", kPodSpec, R"({"hostNetwork": 1})", {"hostNetwork"}},
        Case{"port_by_name", kContainer, R"({"livenessProbe": {"httpGet": {"port": "http"}}})", {}},
        Case{"port_by_number", kContainer, R"({"livenessProbe": {"httpGet": {"port": 80}}})", {}},
        Case{"port_beyond_32_bits",
             kContainer,
             R"({"livenessProbe": {"httpGet": {"port": 2147483648}}})",
             {"livenessProbe.httpGet.port"}},
        Case{"port_as_boolean",
             kContainer,
             R"({"livenessProbe": {"httpGet": {"port": true}}})",
             {"livenessProbe.httpGet.port"}},
        Case{"quantities",
             kContainer,
             R"({"resources": {"limits": {"cpu": 0.5, "memory": "1Gi", "x": "not checked"}}})",
             {}},
        Case{"quantity_as_boolean",
             kContainer,
             R"({"resources": {"limits": {"cpu": true}}})",
             {"resources.limits[cpu]"}},
        Case{"quantity_as_list",
             kContainer,
             R"({"resources": {"limits": {"cpu": ["1"]}}})",
             {"resources.limits[cpu]"}},
        Case{
            "metric_target_as_fraction",
            kInferenceService,
            R"({"spec": {"predictor": {"autoScaling": {"metrics": [{"resource": {"target": {"averageValue": 0.5}}}]}}}})",
            {"spec.predictor.autoScaling.metrics[0].resource.target.averageValue"}}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(SchemaTest, ParsesQuantitiesOnRequest) {
  const Document document(
      R"({"resources": {"limits": {"cpu": "1x", "memory": "1GB", "gpu": 1, "fine": "100m"}}})");
  EXPECT_TRUE(document.check(kContainer).type_errors.empty());
  const Found found = document.check(kContainer, {.quantities = true});
  EXPECT_THAT(paths(found.type_errors), ElementsAre("resources.limits[cpu]", "resources.limits[memory]"));
  for (const FieldError& e : found.type_errors) EXPECT_EQ(e.type, ErrorType::kInvalid);
}

struct Unknown {
  const char* name;
  const char* json;
  const char* path;
  const char* meant;  // nullptr: nothing near
};

class SchemaUnknownTest : public testing::TestWithParam<Unknown> {};

TEST_P(SchemaUnknownTest, NamesTheFieldAndTheNearest) {
  const auto& [name, json, path, meant] = GetParam();
  const Document document(json);
  const Found found = document.check(kInferenceService);
  EXPECT_TRUE(found.type_errors.empty());
  ASSERT_THAT(paths(found.unknown_fields), ElementsAre(path));
  const FieldError& error = found.unknown_fields.list()[0];
  EXPECT_EQ(error.type, ErrorType::kUnknownField);
  const std::string suggestion = fmt::format("\"{}\"", meant ? meant : "");
  EXPECT_EQ(error.detail.contains(suggestion), meant != nullptr) << error.detail;
  EXPECT_EQ(error.detail.contains("did you mean"), meant != nullptr) << error.detail;
}

INSTANTIATE_TEST_SUITE_P(
    All, SchemaUnknownTest,
    testing::Values(
        Unknown{"top", R"({"specs": {}})", "specs", "spec"},
        Unknown{"own_field", R"({"spec": {"predictor": {"modle": {}}}})", "spec.predictor.modle", "model"},
        Unknown{"inlined_component", R"({"spec": {"predictor": {"minreplicas": 1}}})",
                "spec.predictor.minreplicas", "minReplicas"},
        Unknown{"inlined_pod", R"({"spec": {"transformer": {"tolerationss": []}}})",
                "spec.transformer.tolerationss", "tolerations"},
        Unknown{"inlined_container", R"({"spec": {"predictor": {"model": {"resource": {}}}}})",
                "spec.predictor.model.resource", "resources"},
        Unknown{"in_a_container",
                R"({"spec": {"predictor": {"containers": [{"name": "a", "imagePullPolcy": "b"}]}}})",
                "spec.predictor.containers[0].imagePullPolcy", "imagePullPolicy"},
        Unknown{"core_pod_field_that_components_lack",
                R"({"spec": {"predictor": {"ephemeralContainers": []}}})",
                "spec.predictor.ephemeralContainers", nullptr},
        Unknown{"nothing_near", R"({"spec": {"predictor": {"bananas": 1}}})", "spec.predictor.bananas",
                nullptr},
        Unknown{"empty_name", R"({"spec": {"": 1}})", "spec.", nullptr}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(SchemaTest, KeysOfMapsAreNeverUnknown) {
  const Document document(
      R"({"metadata": {"labels": {"whatever": "x"}}, "status": {"no": {"such": "field"}}})");
  EXPECT_TRUE(document.check(kInferenceService).unknown_fields.empty());
}

TEST(SchemaTest, NamesLongerThanAnyFieldAreUnknown) {
  for (const std::size_t length : {kMaxFieldName, kMaxFieldName + 1, std::size_t{5000}}) {
    const Document document(fmt::format(R"({{"{}": 1}})", std::string(length, 'a')));
    EXPECT_EQ(document.check(kInferenceService).unknown_fields.size(), 1U);
  }
}

TEST(SchemaTest, CountsUnknownFieldsBeyondTheLimit) {
  std::string json = "{";
  for (int i = 0; i < 20'000; ++i) json += fmt::format(R"("field{}": 1,)", i);
  json.back() = '}';
  const Document document(json);
  const Found found = document.check(kInferenceService);
  EXPECT_EQ(found.unknown_fields.size(), FieldErrors::kMaxErrors);
  EXPECT_EQ(found.unknown_fields.dropped(), 20'000 - FieldErrors::kMaxErrors);
}

TEST(SchemaTest, IgnoresUnknownFieldsByDefault) {
  const Document document(R"({"x": 1, "kind": 2})");
  FieldErrors type_errors;
  check_structure(document.value(), kInferenceService, {}, type_errors);
  EXPECT_THAT(paths(type_errors), ElementsAre("kind"));
}

// A number instead of a password, or a list of passwords, does not appear in a message, which is logged.
TEST(SchemaTest, ErrorsShowNoSecrets) {
  const Document document(R"({"env": [{"name": "PASSWORD", "value": 48151623}], "args": {"token": "48151623"},
                              "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": 48151623}]}}})");
  const Found found = document.check(kContainer);
  EXPECT_THAT(paths(found.type_errors),
              ElementsAre("env[0].value", "args", "livenessProbe.httpGet.httpHeaders[0].value"));
  for (const FieldError& e : found.type_errors)
    EXPECT_FALSE(e.to_string().contains("48151623")) << e.to_string();
}

TEST(SchemaTest, DoesNotFollowDocumentsBelowTheTypes) {
  std::string json = R"({"spec": {"predictor": {"x": )";
  for (int i = 0; i < 100; ++i) json += "[";
  for (int i = 0; i < 100; ++i) json += "]";
  const Document document(json + "}}}");
  const Found found = document.check(kInferenceService);
  EXPECT_THAT(paths(found.unknown_fields), ElementsAre("spec.predictor.x"));
}

TEST(SchemaTest, FindsTypes) {
  const FieldPath predictor = FieldPath{} / "spec" / "predictor";
  const FieldPath ports = predictor / "model" / "ports";
  EXPECT_EQ(find_type(kInferenceService, FieldPath{}), &kInferenceService);
  EXPECT_EQ(find_type(kInferenceService, predictor / "minReplicas")->kind, Kind::kInteger);
  EXPECT_EQ(find_type(kInferenceService, ports)->keys[0], "containerPort");
  EXPECT_EQ(find_type(kInferenceService, ports)->keys[1], "protocol");
  EXPECT_EQ(find_type(kInferenceService, ports)->patch_key, "containerPort");
  EXPECT_EQ(find_type(kInferenceService, ports[3])->name, "ContainerPort");
  EXPECT_EQ(find_type(kInferenceService, (predictor / "nodeSelector").key("a"))->kind, Kind::kString);
  const FieldPath canary = FieldPath{} / "spec" / "canary";
  EXPECT_EQ(find_type(kInferenceService, canary[0] / "predictor"), find_type(kInferenceService, predictor));
  EXPECT_EQ(find_type(kInferenceService, canary / "predictor"), find_type(kInferenceService, predictor));
  EXPECT_EQ(find_type(kInferenceService, predictor / "bananas"), nullptr);
  EXPECT_EQ(find_type(kInferenceService, predictor[0]), nullptr);
  EXPECT_EQ(find_type(kInferenceService, ports / "name"), nullptr);
  EXPECT_EQ(find_type(kInferenceService, predictor / "minReplicas" / "deeper"), nullptr);
}

TEST(SchemaTest, CoreListsHaveKubernetesMergeKeys) {
  struct Row {
    const Type& type;
    const char* field;
    const char* patch_key;
    bool retain_keys;
  };
  for (const auto& [type, field, patch_key, retain_keys] : {
           Row{kPodSpec, "containers", "name", false},
           Row{kPodSpec, "initContainers", "name", false},
           Row{kPodSpec, "volumes", "name", true},
           Row{kPodSpec, "imagePullSecrets", "name", false},
           Row{kPodSpec, "hostAliases", "ip", false},
           Row{kPodSpec, "topologySpreadConstraints", "topologyKey", false},
           Row{kPodSpec, "resourceClaims", "name", true},
           Row{kPodSpec, "tolerations", "", false},
           Row{kContainer, "env", "name", false},
           Row{kContainer, "ports", "containerPort", false},
           Row{kContainer, "volumeMounts", "mountPath", false},
           Row{kContainer, "volumeDevices", "devicePath", false},
           Row{kContainer, "args", "", false},
           Row{kContainer, "envFrom", "", false},
           Row{kObjectMeta, "ownerReferences", "uid", false},
       }) {
    const Field* found = find_field(type, field);
    ASSERT_NE(found, nullptr) << field;
    EXPECT_EQ(found->type->kind, Kind::kList) << field;
    EXPECT_EQ(found->type->patch_key, patch_key) << field;
    EXPECT_EQ(found->type->retain_keys, retain_keys) << field;
  }
}

struct Keyed {
  const char* name;
  FieldPath list;
  std::string element;
  std::string key;
};

class SchemaElementKey : public testing::TestWithParam<Keyed> {};

TEST_P(SchemaElementKey, IdentifiesAnElement) {
  const Document element(GetParam().element);
  const Type* list = find_type(kInferenceService, GetParam().list);
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(element_key(element.value(), *list), GetParam().key);
}

const FieldPath kTestPredictor = FieldPath{} / "spec" / "predictor";
const FieldPath kTestContainer = (kTestPredictor / "containers")[0];
INSTANTIATE_TEST_SUITE_P(
    All, SchemaElementKey,
    testing::Values(
        Keyed{"name", kTestPredictor / "containers", R"({"name": "main"})", "name=main"},
        Keyed{"without_its_key", kTestContainer / "env", R"({"value": "nameless"})", ""},
        Keyed{"two_keys", kTestContainer / "ports", R"({"containerPort": 80, "protocol": "UDP"})",
              "containerPort=80,protocol=UDP"},
        Keyed{"one_of_two_keys", kTestContainer / "ports", R"({"containerPort": 81})", "containerPort=81"},
        Keyed{"list_without_keys", kTestPredictor / "tolerations", R"({"key": "k"})", ""},
        Keyed{"serving_list", kTestPredictor / "storageUris", R"({"uri": "s3://a", "mountPath": "/m"})",
              "uri=s3://a,mountPath=/m"},
        Keyed{"canary", FieldPath{} / "spec" / "canary", R"({"predictor": {"name": "c"}})",
              "predictor.name=c"},
        Keyed{"canary_without_a_name", FieldPath{} / "spec" / "canary", R"({"predictor": {}})", ""},
        Keyed{"list_of_the_old_canary", FieldPath{} / "spec" / "canary" / "predictor" / "volumes",
              R"({"name": "v"})", "name=v"},
        Keyed{"longest_key", kTestContainer / "env", R"({"name": ")" + std::string(253, 'a') + "\"}",
              "name=" + std::string(253, 'a')},
        Keyed{"longer_than_any", kTestContainer / "env", R"({"name": ")" + std::string(254, 'a') + "\"}",
              ""}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(RemoveTypeErrors, LeavesWhatCanBeRead) {
  struct Row {
    const char* before;
    const char* after;
  };
  for (const Row& row : {
           Row{R"({"spec":{"predictor":{"minReplicas":1}}})", R"({"spec":{"predictor":{"minReplicas":1}}})"},
           Row{R"({"spec":{"predictor":{"minReplicas":"1","maxReplicas":2}}})",
               R"({"spec":{"predictor":{"maxReplicas":2}}})"},
           Row{R"({"spec":5,"metadata":{"name":"a","labels":{"a":1,"b":"c","d":2}}})",
               R"({"metadata":{"name":"a","labels":{"b":"c"}}})"},
           Row{R"({"spec":{"canary":[{"predictor":{"model":{"env":5,"image":"i"}}}]}})",
               R"({"spec":{"canary":[{"predictor":{"model":{"image":"i"}}}]}})"},
           Row{R"({"spec":{"canary":{"predictor":{"model":{"env":5,"image":"i"}}}}})",
               R"({"spec":{"canary":{"predictor":{"model":{"image":"i"}}}}})"},
           Row{R"({"spec":{"predictor":{"containers":[{"name":"a"},5],"volumes":[]}}})",
               R"({"spec":{"predictor":{"volumes":[]}}})"},
           Row{R"({"unknown":[5,{"x":null}],"status":7})", R"({"unknown":[5,{}],"status":7})"},
       }) {
    Document before(row.before);
    remove_type_errors(before.value(), kInferenceService);
    const Document after(row.after);
    EXPECT_TRUE(equal(before.value(), after.value())) << to_json(before.value());
  }
}

}  // namespace
}  // namespace modelgate::spec::schema
