// SPDX-License-Identifier: Apache-2.0
#include "spec/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/json.h"

namespace modelgate::spec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct Reading {
  Configuration configuration;
  std::vector<ConfigurationProblem> errors;
  std::vector<ConfigurationProblem> warnings;
};

// A ConfigMap with these keys, each with its JSON text.
Reading read(const std::vector<std::pair<std::string_view, std::string_view>>& keys) {
  Arena arena;
  Value data(rapidjson::kObjectType);
  for (const auto& [key, text] : keys) set_member(data, key, make_string(text, arena), arena);
  Value config_map(rapidjson::kObjectType);
  set_member(config_map, "data", std::move(data), arena);
  Reading reading;
  auto result = parse_configuration(config_map, &reading.warnings);
  if (result) {
    reading.configuration = std::move(*result);
  } else {
    reading.errors = std::move(result.error());
  }
  return reading;
}

TEST(ConfigurationTest, AbsentKeysHaveKServesDefaults) {
  const auto [all, errors, warnings] = read({});
  EXPECT_THAT(errors, IsEmpty());
  EXPECT_THAT(warnings, IsEmpty());
  EXPECT_EQ(all.deploy.default_deployment_mode, "Standard");
  EXPECT_EQ(all.ingress.ingress_domain, "example.com");
  EXPECT_EQ(all.ingress.domain_template, "{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}");
  EXPECT_EQ(all.ingress.url_scheme, "http");
  EXPECT_EQ(all.ingress.model_based_routing_header_name, "X-Gateway-Model-Name");
  EXPECT_FALSE(all.ingress.ingress_class_name);
  EXPECT_FALSE(all.security.auto_mount_service_account_token);
  EXPECT_FALSE(all.inference_service.resource.cpu_request);
  EXPECT_THAT(all.inference_service.service_annotation_disallowed_list, SizeIs(5));
  EXPECT_EQ(all.storage_initializer.resolved_oci_model_mode(), "");
  EXPECT_TRUE(all.modelgate.strict());
  EXPECT_EQ(all.modelgate.runtime_selection, ModelgateConfiguration::RuntimeSelection::kPin);
  EXPECT_TRUE(all.modelgate.resource_defaults);
  EXPECT_EQ(all.modelgate.pod_injection, ModelgateConfiguration::PodInjection::kAdmission);
  EXPECT_EQ(all.modelgate.component_names, ModelgateConfiguration::ComponentNames::kPlain);
  EXPECT_EQ(all.modelgate.pod_metrics.concurrency, "requests_in_flight");
  EXPECT_EQ(all.modelgate.pod_metrics.rps, "requests_per_second");
  EXPECT_FALSE(all.modelgate.istio_routes);
  EXPECT_EQ(all.modelgate.pre_stop(), 5);
  EXPECT_THAT(all.modelgate.gpu_tolerations, SizeIs(7));
  EXPECT_TRUE(
      is_denied_annotation(all.modelgate.denied_annotations, "nginx.ingress.kubernetes.io/auth-snippet"));
  EXPECT_FALSE(
      is_denied_annotation(all.modelgate.denied_annotations, "nginx.ingress.kubernetes.io/auth-url"));
}

TEST(ConfigurationTest, ReadsEveryKey) {
  const auto [all, errors, warnings] = read({
      {"agent", R"({"image": "agent:1", "cpuRequest": "100m", "cpuLimit": "1", "memoryRequest": "0.5Gi"})"},
      {"autoscaler",
       R"({"scaleUpStabilizationWindowSeconds": "0", "scaleDownStabilizationWindowSeconds": ""})"},
      {"batcher", R"({"image": "batcher:1", "maxBatchSize": "32", "maxLatency": "5000"})"},
      {"credentials", R"({"storageSpecSecretName": "storage-config", "storageSecretNameAnnotation": "a/b",
                          "gcs": {"gcsCredentialFileName": "f.json"},
                          "s3": {"s3AccessKeyIDName": "ID", "s3SecretAccessKeyName": "KEY", "s3Endpoint": "e",
                                 "s3UseHttps": "0", "s3Region": "r", "s3VerifySSL": "1", "s3UseVirtualBucket": "v",
                                 "s3UseAccelerate": "x", "s3UseAnonymousCredential": "y",
                                 "s3CABundleConfigMap": "m", "s3CABundle": "c"}})"},
      {"deploy", R"({"defaultDeploymentMode": "Knative", "deploymentRolloutStrategy":
                     {"defaultRollout": {"maxSurge": "1", "maxUnavailable": "10%"}}})"},
      {"explainers", R"({"art": {"image": "art", "defaultImageVersion": "v1"}})"},
      {"inferenceService",
       R"({"resource": {"cpuLimit": "2", "cpuRequest": "0.5", "memoryLimit": "", "memoryRequest": null},
                               "serviceAnnotationDisallowedList": ["x/y"], "serviceLabelDisallowedList": ["l"]})"},
      {"ingress", R"({"enableGatewayApi": true, "kserveIngressGateway": "a/b", "ingressGateway": "c/d",
                      "localGateway": "e/f", "localGatewayService": "g", "ingressDomain": "h.i",
                      "ingressClassName": "istio", "additionalIngressDomains": ["j.k"], "domainTemplate": "",
                      "urlScheme": "https", "pathTemplate": "/x", "disableIstioVirtualHost": true,
                      "disableIngressCreation": true, "disableHTTPRouteTimeout": true,
                      "enableLLMInferenceServiceTLS": true, "modelBasedRoutingMode": "forced"})"},
      {"localModel", R"({"enabled": true, "jobNamespace": "jobs", "defaultJobImage": "i", "fsGroup": 1000,
                         "jobTTLSecondsAfterFinished": 3600, "reconcilationFrequencyInSecs": 60,
                         "disableVolumeManagement": true})"},
      {"logger", R"({"image": "logger:1", "defaultUrl": "http://sink", "caBundle": "b", "caCertFile": "f",
                     "tlsSkipVerify": true, "marshallerUrl": "m", "batchSize": 5, "batchInterval": "1s",
                     "storage": {"path": "p", "parameters": {"type": "s3"}, "key": "k", "serviceAccountName": "s"}})"},
      {"metricsAggregator", R"({"enableMetricAggregation": "true", "enablePrometheusScraping": "false"})"},
      {"modelgate", R"({"validation": "Compatible", "runtimeSelection": "Defer", "resourceDefaults": false,
                        "gpuTolerations": ["a.com/b", "c.com/*=d"], "podInjection": "Render",
                        "componentNames": "DefaultSuffix", "podMetrics": {"concurrency": "c", "rps": "r"},
                        "istioRoutes": true, "deniedAnnotations": ["a.com/*-b"], "preStopSeconds": 7})"},
      {"multiNode", R"({"customGPUResourceTypeList": ["custom.com/gpu"]})"},
      {"opentelemetryCollector",
       R"({"scrapeInterval": "5s", "metricReceiverEndpoint": "r", "metricScalerEndpoint": "s",
                                     "resource": {"cpuRequest": "200m"}})"},
      {"router", R"({"image": "router:1", "headers": {"propagate": ["A", "B"]}, "imagePullPolicy": "Always",
                     "imagePullSecrets": ["docker"]})"},
      {"security", R"({"autoMountServiceAccountToken": true})"},
      {"service", R"({"serviceClusterIPNone": true})"},
      {"storageInitializer",
       R"({"image": "si:1", "caBundleConfigMapName": "cm", "caBundleVolumeMountPath": "/p",
                                 "enableModelcar": true, "enableOciModelSupport": true, "ociModelMode": "native",
                                 "cpuModelcar": "10m", "memoryModelcar": "15Mi", "uidModelcar": 1010})"},
  });
  ASSERT_THAT(errors, IsEmpty()) << errors[0].to_string();
  ASSERT_THAT(warnings, IsEmpty()) << warnings[0].to_string();

  EXPECT_EQ(all.agent.image, "agent:1");
  EXPECT_EQ(all.agent.resources.cpu_request->text, "100m");
  EXPECT_EQ(all.agent.resources.memory_request->text, "512Mi");
  EXPECT_FALSE(all.agent.resources.memory_limit);
  EXPECT_EQ(all.autoscaler.scale_up_stabilization_window_seconds, 0);
  EXPECT_FALSE(all.autoscaler.scale_down_stabilization_window_seconds);
  EXPECT_EQ(all.batcher.max_batch_size, "32");
  EXPECT_EQ(all.batcher.max_latency, "5000");
  EXPECT_EQ(all.credentials.storage_spec_secret_name, "storage-config");
  EXPECT_EQ(all.credentials.gcs_credential_file_name, "f.json");
  EXPECT_EQ(all.credentials.s3.access_key_id_name, "ID");
  EXPECT_EQ(all.credentials.s3.secret_access_key_name, "KEY");
  EXPECT_EQ(all.credentials.s3.ca_bundle_config_map, "m");
  EXPECT_EQ(all.credentials.s3.ca_bundle, "c");
  EXPECT_EQ(all.deploy.default_deployment_mode, "Knative");
  EXPECT_EQ(all.deploy.max_surge, "1");
  EXPECT_EQ(all.deploy.max_unavailable, "10%");
  EXPECT_EQ(all.explainers.art_default_image_version, "v1");
  EXPECT_EQ(all.inference_service.resource.cpu_request->text, "500m");
  EXPECT_EQ(all.inference_service.resource.cpu_limit->quantity, Quantity::of(2));
  EXPECT_FALSE(all.inference_service.resource.memory_limit);
  EXPECT_FALSE(all.inference_service.resource.memory_request);
  EXPECT_EQ(all.inference_service.service_annotation_disallowed_list.back(), "x/y");
  EXPECT_THAT(all.inference_service.service_label_disallowed_list,
              ElementsAre("networking.knative.dev/visibility", "l"));
  EXPECT_TRUE(all.ingress.enable_gateway_api);
  EXPECT_EQ(all.ingress.knative_local_gateway_service, "g");
  EXPECT_EQ(all.ingress.ingress_domain, "h.i");
  EXPECT_EQ(all.ingress.ingress_class_name, "istio");
  EXPECT_EQ(all.ingress.domain_template, "{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}");
  EXPECT_EQ(all.ingress.url_scheme, "https");
  EXPECT_EQ(all.ingress.model_based_routing_mode, "forced");
  EXPECT_TRUE(all.ingress.disable_http_route_timeout);
  EXPECT_EQ(all.local_model.fs_group, 1000);
  EXPECT_EQ(all.local_model.job_ttl_seconds_after_finished, 3600);
  EXPECT_EQ(all.local_model.reconcilation_frequency_in_secs, 60);
  EXPECT_EQ(all.logger.batch_size, 5);
  EXPECT_TRUE(all.logger.tls_skip_verify);
  EXPECT_EQ(all.logger.store->parameters.at("type"), "s3");
  EXPECT_EQ(all.logger.store->storage_key, "k");
  EXPECT_EQ(all.metrics_aggregator.enable_metric_aggregation, "true");
  EXPECT_FALSE(all.modelgate.strict());
  EXPECT_EQ(all.modelgate.runtime_selection, ModelgateConfiguration::RuntimeSelection::kDefer);
  EXPECT_FALSE(all.modelgate.resource_defaults);
  EXPECT_EQ(all.modelgate.pod_injection, ModelgateConfiguration::PodInjection::kRender);
  EXPECT_EQ(all.modelgate.component_names, ModelgateConfiguration::ComponentNames::kDefaultSuffix);
  EXPECT_EQ(all.modelgate.pod_metrics.concurrency, "c");
  EXPECT_EQ(all.modelgate.pod_metrics.rps, "r");
  EXPECT_TRUE(all.modelgate.istio_routes);
  EXPECT_EQ(all.modelgate.pre_stop(), 7);
  ASSERT_THAT(all.modelgate.gpu_tolerations, SizeIs(2));
  EXPECT_EQ(all.modelgate.gpu_tolerations[1].pattern, "c.com/*");
  EXPECT_EQ(all.modelgate.gpu_tolerations[1].key, "d");
  EXPECT_THAT(all.multi_node.custom_gpu_resource_type_list, ElementsAre("custom.com/gpu"));
  EXPECT_EQ(all.opentelemetry_collector.resource.cpu_request->text, "200m");
  EXPECT_THAT(all.router.headers.at("propagate"), ElementsAre("A", "B"));
  EXPECT_THAT(all.router.image_pull_secrets, ElementsAre("docker"));
  EXPECT_TRUE(all.security.auto_mount_service_account_token);
  EXPECT_TRUE(all.service.service_cluster_ip_none);
  EXPECT_EQ(all.storage_initializer.resolved_oci_model_mode(), "native");
  EXPECT_EQ(all.storage_initializer.uid_modelcar, 1010);
}

struct Wrong {
  const char* name;
  const char* key;
  const char* json;
  std::vector<std::string> paths;  // of the errors, in their order
};

class ConfigurationErrorTest : public testing::TestWithParam<Wrong> {};

TEST_P(ConfigurationErrorTest, NamesKeyAndPath) {
  const auto& [name, key, json, paths] = GetParam();
  std::vector<std::string> found;
  for (const ConfigurationProblem& e : read({{key, json}}).errors) {
    EXPECT_EQ(e.key, key);
    found.push_back(e.path);
  }
  EXPECT_EQ(found, paths);
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigurationErrorTest,
    testing::Values(
        Wrong{"no_json", "agent", "{", {""}}, Wrong{"no_object", "agent", "[]", {""}},
        Wrong{"duplicate_key", "agent", R"({"image": "a", "image": "b"})", {""}},
        Wrong{"wrong_type", "agent", R"({"image": 5})", {"image"}},
        Wrong{"several",
              "agent",
              R"({"image": 5, "cpuRequest": "x", "memoryLimit": true})",
              {"image", "cpuRequest", "memoryLimit"}},
        Wrong{"negative_quantity", "agent", R"({"cpuLimit": "-1"})", {"cpuLimit"}},
        Wrong{"limit_below_request",
              "inferenceService",
              R"({"resource": {"cpuRequest": "2", "cpuLimit": "1999m"}})",
              {"resource.cpuLimit"}},
        Wrong{"limit_at_request",
              "inferenceService",
              R"({"resource": {"cpuRequest": "2", "cpuLimit": "2000m"}})",
              {}},
        Wrong{"list_item",
              "inferenceService",
              R"({"serviceLabelDisallowedList": ["a", 1]})",
              {"serviceLabelDisallowedList[1]"}},
        Wrong{"no_section", "inferenceService", R"({"resource": "1"})", {"resource"}},
        Wrong{"mode", "deploy", R"({"defaultDeploymentMode": "Standart"})", {"defaultDeploymentMode"}},
        Wrong{"gateway_missing", "ingress", R"({"enableGatewayApi": true})", {"kserveIngressGateway"}},
        Wrong{"gateway_form",
              "ingress",
              R"({"enableGatewayApi": true, "kserveIngressGateway": "a"})",
              {"kserveIngressGateway"}},
        Wrong{"gateway_namespace",
              "ingress",
              R"({"enableGatewayApi": true, "kserveIngressGateway": "A/b"})",
              {"kserveIngressGateway"}},
        Wrong{"gateway_name",
              "ingress",
              R"({"enableGatewayApi": true, "kserveIngressGateway": "a/b/c"})",
              {"kserveIngressGateway"}},
        Wrong{"gateway_unused", "ingress", R"({"enableGatewayApi": false, "kserveIngressGateway": "A"})", {}},
        Wrong{"path_without_domain", "ingress", R"({"pathTemplate": "/x"})", {"ingressDomain"}},
        Wrong{"flag_as_text", "ingress", R"({"enableGatewayApi": "true"})", {"enableGatewayApi"}},
        Wrong{"oci_mode", "storageInitializer", R"({"ociModelMode": "nativ"})", {"ociModelMode"}},
        Wrong{"oci_mode_empty", "storageInitializer", R"({"ociModelMode": ""})", {}},
        Wrong{"fraction", "localModel", R"({"fsGroup": 1.5})", {"fsGroup"}},
        Wrong{"int32_at_most", "localModel", R"({"jobTTLSecondsAfterFinished": 2147483647})", {}},
        Wrong{"int32_beyond",
              "localModel",
              R"({"jobTTLSecondsAfterFinished": 2147483648})",
              {"jobTTLSecondsAfterFinished"}},
        Wrong{"seconds",
              "autoscaler",
              R"({"scaleUpStabilizationWindowSeconds": "1s"})",
              {"scaleUpStabilizationWindowSeconds"}},
        Wrong{"header_list", "router", R"({"headers": {"propagate": "A"}})", {"headers[propagate]"}},
        Wrong{"store_parameter",
              "logger",
              R"({"storage": {"parameters": {"a": 1}}})",
              {"storage.parameters[a]"}},
        Wrong{"all_of_ours",
              "modelgate",
              R"({"validation": "strict", "runtimeSelection": "", "resourceDefaults": "no", "podInjection": 1,
                  "gpuTolerations": ["a/b/c", "ok", "a=", "=b", "a b"], "componentNames": "Old",
                  "podMetrics": {"concurrency": "a/b", "rps": ".."}, "preStopSeconds": -1})",
              {"validation", "runtimeSelection", "resourceDefaults", "gpuTolerations[0]", "gpuTolerations[2]",
               "gpuTolerations[3]", "gpuTolerations[4]", "podInjection", "componentNames",
               "podMetrics.concurrency", "podMetrics.rps", "preStopSeconds"}}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ConfigurationTest, ReportsAllowedAndSimilarValues) {
  const Reading reading = read({{"modelgate", R"({"validation": "Compatibel"})"}});
  ASSERT_THAT(reading.errors, SizeIs(1));
  const std::string text = reading.errors[0].to_string();
  EXPECT_TRUE(text.starts_with("modelgate: validation: ")) << text;
  EXPECT_TRUE(text.contains("\"Strict\"")) << text;
  EXPECT_TRUE(text.contains("did you mean \"Compatible\"?")) << text;
}

TEST(ConfigurationTest, ReportsErrorsOfAllKeysAtOnce) {
  EXPECT_THAT(
      read({{"agent", "1"}, {"logger", "[]"}, {"deploy", R"({"defaultDeploymentMode": "x"})"}}).errors,
      SizeIs(3));
}

TEST(ConfigurationTest, UnknownFieldsAndLikelyKeysAreWarnings) {
  const Reading reading = read({{"_example", "no JSON"},
                                {"oauthProxy", "anything"},
                                {"inferenceservice", "{}"},
                                {"agent", R"({"imag": "a", "CPURequest": "1"})"},
                                {"inferenceService", R"({"resource": {"gpu": "1"}})"}});
  EXPECT_THAT(reading.errors, IsEmpty());
  std::vector<std::string> found;
  for (const auto& w : reading.warnings) found.push_back(w.key + "/" + w.path);
  EXPECT_THAT(found, testing::UnorderedElementsAre("agent/imag", "inferenceService/resource.gpu",
                                                   "inferenceservice/"));
  EXPECT_EQ(reading.configuration.agent.resources.cpu_request->text, "1");  // Go reads names in any case
}

TEST(ConfigurationTest, ReadsLegacyModes) {
  for (const auto& [written, meant] :
       {std::pair{"RawDeployment", "Standard"}, std::pair{"Serverless", "Knative"},
        std::pair{"ModelMesh", "ModelMesh"}, std::pair{"", "Standard"}}) {
    const std::string json = std::string(R"({"defaultDeploymentMode": ")") + written + "\"}";
    EXPECT_EQ(read({{"deploy", json}}).configuration.deploy.default_deployment_mode, meant);
  }
}

TEST(ConfigurationTest, PodsOfKServeStopAtOnce) {
  for (const auto& [settings, seconds] :
       {std::pair{R"({"validation": "Strict"})", 5},
        std::pair{R"({"validation": "Strict", "preStopSeconds": 0})", 0},
        std::pair{R"({"validation": "Compatible"})", 0},
        std::pair{R"({"validation": "Compatible", "preStopSeconds": 3})", 3}}) {
    EXPECT_EQ(read({{"modelgate", settings}}).configuration.modelgate.pre_stop(), seconds) << settings;
  }
}

TEST(ConfigurationTest, EmptyListDisablesTolerations) {
  EXPECT_THAT(read({{"modelgate", R"({"gpuTolerations": []})"}}).configuration.modelgate.gpu_tolerations,
              IsEmpty());
}

TEST(ConfigurationTest, DataMustBeAnObject) {
  Arena arena;
  const auto config_map = parse_json(R"({"data": ["a"]})", arena);
  ASSERT_TRUE(config_map);
  EXPECT_FALSE(parse_configuration(*config_map));
  const auto of_numbers = parse_json(R"({"data": {"agent": 5}})", arena);
  ASSERT_TRUE(of_numbers);
  const auto result = parse_configuration(*of_numbers);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().at(0).key, "agent");
}

TEST(GpuTolerationTest, MatchesPatterns) {
  struct Case {
    const char* pattern;
    const char* resource;
    bool matches;
  };
  for (const auto& [pattern, resource, matches] : {
           Case{"nvidia.com/gpu", "nvidia.com/gpu", true},
           Case{"nvidia.com/gpu", "nvidia.com/gpus", false},
           Case{"nvidia.com/gpu", "nvidia.com/gp", false},
           Case{"nvidia.com/mig-*", "nvidia.com/mig-1g.5gb", true},
           Case{"nvidia.com/mig-*", "nvidia.com/mig-", true},
           Case{"nvidia.com/mig-*", "nvidia.com/mig", false},
           Case{"*/gpu", "a.b/gpu", true},
           Case{"*/gpu", "a.b/gpu2", false},
           Case{"a*b*c", "aXbYbZc", true},
           Case{"a*b*c", "aXbYbZ", false},
           Case{"*", "", true},
           Case{"", "a", false},
       }) {
    EXPECT_EQ((GpuToleration{pattern, ""}.matches(resource)), matches) << pattern << " " << resource;
  }
  EXPECT_EQ((GpuToleration{"nvidia.com/mig-*", "nvidia.com/gpu"}.key_for("nvidia.com/mig-1")),
            "nvidia.com/gpu");
  EXPECT_EQ((GpuToleration{"amd.com/gpu", ""}.key_for("amd.com/gpu")), "amd.com/gpu");
}

}  // namespace
}  // namespace modelgate::spec
