// SPDX-License-Identifier: Apache-2.0
//
// The configuration: KServe's ConfigMap `inferenceservice-config`, in which each key holds one JSON object,
// with our own key `modelgate`. The catalog contains it.
//
//   std::vector<ConfigurationProblem> warnings;
//   auto configuration = parse_configuration(config_map, &warnings);
//   if (!configuration) for (const auto& e : configuration.error()) log(e.to_string());
//   // deploy: defaultDeploymentMode: is "Standart", allowed are ... (did you mean "Standard"?)
//
// Fields have KServe's names in snake case and the meaning of KServe v0.20. A key or field that is absent or
// null has the default of the struct below, which is KServe's. An empty string counts as absent where KServe
// treats it so. Field names match in any case, as in Go's JSON.
//
// All problems are reported at once. Unknown fields are warnings, since other programs read the same
// ConfigMap (and its key `_example` is documentation). What KServe would reject and we do not need is a
// warning too. These are plain values: they can be copied, and read by any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/denied_annotations.h"
#include "spec/json_value.h"
#include "spec/quantity.h"

namespace modelgate::spec {

inline constexpr std::string_view kConfigMapName = "inferenceservice-config";

/// A quantity, and its text as Kubernetes would store it in an object.
struct QuantitySetting {
  std::string text;
  Quantity quantity;
};

/// Requests and limits of one container. An absent field or an empty string is not set.
struct ResourceSettings {
  std::optional<QuantitySetting> cpu_request;
  std::optional<QuantitySetting> cpu_limit;
  std::optional<QuantitySetting> memory_request;
  std::optional<QuantitySetting> memory_limit;
};

/// Key `deploy`.
struct DeployConfiguration {
  /// "Standard", "Knative" or "ModelMesh"; the legacy RawDeployment and Serverless are read as the first two.
  std::string default_deployment_mode = "Standard";
  /// A number or a percentage, as text; empty if not set. Standard mode only.
  std::string max_surge;
  std::string max_unavailable;
};

/// Key `inferenceService`.
struct InferenceServiceConfiguration {
  /// Defaults for a model container.
  ResourceSettings resource;
  /// Not propagated to Knative revisions. The configured entries follow those of KServe.
  std::vector<std::string> service_annotation_disallowed_list = {
      "autoscaling.knative.dev/min-scale",
      "autoscaling.knative.dev/max-scale",
      "internal.serving.kserve.io/storage-initializer-sourceuri",
      "kubectl.kubernetes.io/last-applied-configuration",
      "modelFormat",
  };
  std::vector<std::string> service_label_disallowed_list = {"networking.knative.dev/visibility"};
};

/// Key `ingress`.
struct IngressConfiguration {
  bool enable_gateway_api = false;
  std::string kserve_ingress_gateway;  // "namespace/name"
  std::string ingress_gateway;
  std::string knative_local_gateway_service;  // local_gateway_service if it is not set
  std::string local_gateway;
  std::string local_gateway_service;
  std::string ingress_domain = "example.com";
  std::optional<std::string> ingress_class_name;
  std::vector<std::string> additional_ingress_domains;
  std::string domain_template = "{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}";
  std::string url_scheme = "http";
  std::string path_template;
  bool disable_istio_virtual_host = false;
  bool disable_ingress_creation = false;
  bool disable_http_route_timeout = false;
  bool enable_llm_inference_service_tls = false;
  std::string model_based_routing_header_name = "X-Gateway-Model-Name";
  std::string model_based_routing_mode = "enabled";
};

/// Key `storageInitializer`.
struct StorageInitializerConfiguration {
  std::string image;
  ResourceSettings resources;
  std::string ca_bundle_config_map_name;
  std::string ca_bundle_volume_mount_path;
  bool enable_modelcar = false;
  bool enable_oci_model_support = false;
  std::string oci_model_mode;  // "", "modelcar", "native" or "fetch"
  std::optional<QuantitySetting> cpu_modelcar;
  std::optional<QuantitySetting> memory_modelcar;
  std::optional<std::int64_t> uid_modelcar;

  /// The mode for oci:// URIs; empty if they are not supported.
  std::string_view resolved_oci_model_mode() const {
    if (!oci_model_mode.empty()) return oci_model_mode;
    return enable_modelcar || enable_oci_model_support ? "modelcar" : "";
  }
};

/// Key `credentials`.
struct CredentialsConfiguration {
  struct S3 {
    std::string access_key_id_name;
    std::string secret_access_key_name;
    std::string endpoint;
    std::string use_https;
    std::string region;
    std::string verify_ssl;
    std::string use_virtual_bucket;
    std::string use_accelerate;
    std::string use_anonymous_credential;
    std::string ca_bundle_config_map;
    std::string ca_bundle;
  };
  std::string storage_spec_secret_name;
  std::string storage_secret_name_annotation;
  std::string gcs_credential_file_name;
  S3 s3;
};

/// Key `agent`.
struct AgentConfiguration {
  std::string image;
  ResourceSettings resources;
};

/// Key `logger`.
struct LoggerConfiguration {
  struct Store {
    std::optional<std::string> path;
    std::map<std::string, std::string> parameters;
    std::optional<std::string> storage_key;
    std::optional<std::string> service_account_name;
  };
  std::string image;
  ResourceSettings resources;
  std::string default_url;
  std::string ca_bundle;
  std::string ca_cert_file;
  bool tls_skip_verify = false;
  std::optional<Store> store;  // field `storage`
  std::string marshaller_url;
  std::int64_t batch_size = 0;
  std::string batch_interval;
};

/// Key `batcher`. The two numbers are text in the ConfigMap too.
struct BatcherConfiguration {
  std::string image;
  ResourceSettings resources;
  std::string max_batch_size;
  std::string max_latency;  // milliseconds
};

/// Key `router`: the image of an InferenceGraph.
struct RouterConfiguration {
  std::string image;
  ResourceSettings resources;
  std::map<std::string, std::vector<std::string>> headers;
  std::string image_pull_policy;
  std::vector<std::string> image_pull_secrets;
};

/// Key `explainers`.
struct ExplainersConfiguration {
  std::string art_image;
  std::string art_default_image_version;
};

/// Key `metricsAggregator`. Text, since it becomes the value of annotations.
struct MetricsAggregatorConfiguration {
  std::string enable_metric_aggregation;
  std::string enable_prometheus_scraping;
};

/// Key `autoscaler`.
struct AutoscalerConfiguration {
  std::optional<std::int32_t> scale_up_stabilization_window_seconds;
  std::optional<std::int32_t> scale_down_stabilization_window_seconds;
};

/// Key `opentelemetryCollector`.
struct OpenTelemetryCollectorConfiguration {
  std::string scrape_interval;
  std::string metric_receiver_endpoint;
  std::string metric_scaler_endpoint;
  ResourceSettings resource;
};

/// Key `localModel`.
struct LocalModelConfiguration {
  bool enabled = false;
  std::string job_namespace;
  std::string default_job_image;
  std::optional<std::int64_t> fs_group;
  std::optional<std::int32_t> job_ttl_seconds_after_finished;
  std::optional<std::int64_t> reconcilation_frequency_in_secs;
  bool disable_volume_management = false;
};

/// Key `multiNode`.
struct MultiNodeConfiguration {
  std::vector<std::string> custom_gpu_resource_type_list;
};

/// Key `security`.
struct SecurityConfiguration {
  bool auto_mount_service_account_token = false;
};

/// Key `service`.
struct ServiceConfiguration {
  bool service_cluster_ip_none = false;
};

/// An accelerator that gets a toleration: `pattern`, or `pattern=key`.
struct GpuToleration {
  std::string pattern;  // the name of the resource; * matches any characters
  std::string key;      // of the taint; empty: the name of the resource

  bool matches(std::string_view resource) const;
  std::string_view key_for(std::string_view resource) const { return key.empty() ? resource : key; }
};

/// Key `modelgate`: settings that KServe does not have.
struct ModelgateConfiguration {
  enum class Validation : std::uint8_t { kStrict, kCompatible };
  enum class RuntimeSelection : std::uint8_t { kPin, kDefer };
  enum class PodInjection : std::uint8_t { kAdmission, kRender };
  /// For new Deployments and Services: "m-predictor", or "m-predictor-default" as in KServe before v0.11.
  enum class ComponentNames : std::uint8_t { kPlain, kDefaultSuffix };
  /// Pods metrics that an HPA uses for `scaleMetric: concurrency` and `rps`. KServe's model servers have no
  /// fixed names for them; these are the names in its queue-proxy and the common adapters.
  struct PodMetrics {
    std::string concurrency = "requests_in_flight";
    std::string rps = "requests_per_second";
  };

  Validation validation = Validation::kStrict;
  RuntimeSelection runtime_selection = RuntimeSelection::kPin;
  bool resource_defaults = true;
  std::vector<GpuToleration> gpu_tolerations = default_gpu_tolerations();
  PodInjection pod_injection = PodInjection::kAdmission;
  ComponentNames component_names = ComponentNames::kPlain;
  PodMetrics pod_metrics;
  /// In Standard mode without Gateway API: VirtualServices instead of Ingresses.
  bool istio_routes = false;
  /// For how long a deleted Pod continues to serve before its containers get SIGTERM. Absent: see pre_stop().
  std::optional<std::uint16_t> pre_stop_seconds;
  /// Patterns (spec/denied_annotations.h). In Strict, these annotations are denied, and not copied to Services
  /// and routes.
  std::vector<std::string> denied_annotations = default_denied_annotations();

  bool strict() const { return validation == Validation::kStrict; }
  /// Seconds. Five are several times what a gateway needs to learn of a deletion. KServe's Pods have no delay.
  std::int64_t pre_stop() const { return pre_stop_seconds.value_or(strict() ? 5 : 0); }
  static std::vector<GpuToleration> default_gpu_tolerations();
};

struct Configuration {
  DeployConfiguration deploy;
  InferenceServiceConfiguration inference_service;
  IngressConfiguration ingress;
  StorageInitializerConfiguration storage_initializer;
  CredentialsConfiguration credentials;
  AgentConfiguration agent;
  LoggerConfiguration logger;
  BatcherConfiguration batcher;
  RouterConfiguration router;
  ExplainersConfiguration explainers;
  MetricsAggregatorConfiguration metrics_aggregator;
  AutoscalerConfiguration autoscaler;
  OpenTelemetryCollectorConfiguration opentelemetry_collector;
  LocalModelConfiguration local_model;
  MultiNodeConfiguration multi_node;
  SecurityConfiguration security;
  ServiceConfiguration service;
  ModelgateConfiguration modelgate;
};

struct ConfigurationProblem {
  std::string key;   // of the ConfigMap
  std::string path;  // in its JSON: "resource.cpuLimit", "gpuTolerations[1]"; empty: the whole object
  std::string message;

  /// "inferenceService: resource.cpuLimit: has the unknown suffix ..."
  std::string to_string() const;
};

/// Reads the ConfigMap (the whole object). Returns all errors at once, and fills `warnings` if given.
std::expected<Configuration, std::vector<ConfigurationProblem>> parse_configuration(
    const Value& config_map, std::vector<ConfigurationProblem>* warnings = nullptr);

}  // namespace modelgate::spec
