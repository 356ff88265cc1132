// SPDX-License-Identifier: Apache-2.0
//
// One function for each key of the ConfigMap, and a table of them at the end.
#include "spec/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "spec/configuration_section.h"
#include "spec/denied_annotations.h"
#include "spec/field.h"
#include "spec/json.h"
#include "spec/names.h"
#include "spec/spelling.h"

namespace modelgate::spec {
namespace {

void read_deploy(Section& section, Configuration& all) {
  static constexpr std::array<std::string_view, 5> kModes = {"Standard", "Knative", "ModelMesh",
                                                             "RawDeployment", "Serverless"};
  DeployConfiguration& out = all.deploy;
  section.choice("defaultDeploymentMode", kModes, out.default_deployment_mode);
  if (out.default_deployment_mode == "RawDeployment") out.default_deployment_mode = "Standard";
  if (out.default_deployment_mode == "Serverless") out.default_deployment_mode = "Knative";
  if (auto strategy = section.section("deploymentRolloutStrategy")) {
    if (auto rollout = strategy->section("defaultRollout")) {
      rollout->text("maxSurge", out.max_surge);
      rollout->text("maxUnavailable", out.max_unavailable);
      rollout->finish();
    }
    strategy->finish();
  }
}

void read_inference_service(Section& section, Configuration& all) {
  InferenceServiceConfiguration& out = all.inference_service;
  section.ignore("explainers");  // KServe reads them here too, and then from their own key
  if (auto resource = section.section("resource")) {
    resource->resources(out.resource);
    resource->finish();
  }
  const auto add = [&section](std::string_view field, std::vector<std::string>& to) {
    std::vector<std::string> more;
    section.texts(field, more);
    std::ranges::move(more, std::back_inserter(to));
  };
  add("serviceAnnotationDisallowedList", out.service_annotation_disallowed_list);
  add("serviceLabelDisallowedList", out.service_label_disallowed_list);
}

void check_gateway(Section& section, const IngressConfiguration& out) {
  const std::string_view gateway = out.kserve_ingress_gateway;
  constexpr std::string_view kField = "kserveIngressGateway";
  if (gateway.empty()) {
    section.error(kField, "is required, as \"namespace/name\", where enableGatewayApi is true");
    return;
  }
  const std::size_t slash = gateway.find('/');
  const std::string_view name = slash == std::string_view::npos ? "" : gateway.substr(slash + 1);
  if (check_dns1123_label(gateway.substr(0, slash)) || check_dns1123_label(name)) {
    section.error(kField,
                  fmt::format("is {}, allowed is \"namespace/name\", each a DNS label", quote(gateway)));
  }
}

void read_ingress(Section& section, Configuration& all) {
  IngressConfiguration& out = all.ingress;
  section.flag("enableGatewayApi", out.enable_gateway_api);
  section.text("kserveIngressGateway", out.kserve_ingress_gateway);
  section.text("ingressGateway", out.ingress_gateway);
  section.text("knativeLocalGatewayService", out.knative_local_gateway_service);
  section.text("localGateway", out.local_gateway);
  section.text("localGatewayService", out.local_gateway_service);
  std::optional<std::string> domain;
  section.text("ingressDomain", domain);
  if (domain && !domain->empty()) out.ingress_domain = *domain;
  section.text("ingressClassName", out.ingress_class_name);
  section.texts("additionalIngressDomains", out.additional_ingress_domains);
  section.text_or_default("domainTemplate", out.domain_template);
  section.text_or_default("urlScheme", out.url_scheme);
  section.text("pathTemplate", out.path_template);
  section.flag("disableIstioVirtualHost", out.disable_istio_virtual_host);
  section.flag("disableIngressCreation", out.disable_ingress_creation);
  section.flag("disableHTTPRouteTimeout", out.disable_http_route_timeout);
  section.flag("enableLLMInferenceServiceTLS", out.enable_llm_inference_service_tls);
  section.text_or_default("modelBasedRoutingHeaderName", out.model_based_routing_header_name);
  section.text_or_default("modelBasedRoutingMode", out.model_based_routing_mode);

  if (out.knative_local_gateway_service.empty())
    out.knative_local_gateway_service = out.local_gateway_service;
  if (out.enable_gateway_api) check_gateway(section, out);
  if (out.ingress_gateway.empty()) section.warning("ingressGateway", "is not set; Knative mode needs it");
  if (!out.path_template.empty() && (!domain || domain->empty())) {
    section.error("ingressDomain", "is required where pathTemplate is set");
  }
}

void read_storage_initializer(Section& section, Configuration& all) {
  static constexpr std::array<std::string_view, 3> kModes = {"modelcar", "native", "fetch"};
  StorageInitializerConfiguration& out = all.storage_initializer;
  section.text("image", out.image);
  section.resources(out.resources);
  section.text("caBundleConfigMapName", out.ca_bundle_config_map_name);
  section.text("caBundleVolumeMountPath", out.ca_bundle_volume_mount_path);
  section.flag("enableModelcar", out.enable_modelcar);
  section.flag("enableOciModelSupport", out.enable_oci_model_support);
  section.choice("ociModelMode", kModes, out.oci_model_mode);
  section.quantity("cpuModelcar", out.cpu_modelcar);
  section.quantity("memoryModelcar", out.memory_modelcar);
  section.integer("uidModelcar", out.uid_modelcar);
}

void read_credentials(Section& section, Configuration& all) {
  CredentialsConfiguration& out = all.credentials;
  section.text("storageSpecSecretName", out.storage_spec_secret_name);
  section.text("storageSecretNameAnnotation", out.storage_secret_name_annotation);
  if (auto gcs = section.section("gcs")) {
    gcs->text("gcsCredentialFileName", out.gcs_credential_file_name);
    gcs->finish();
  }
  if (auto s3 = section.section("s3")) {
    s3->text("s3AccessKeyIDName", out.s3.access_key_id_name);
    s3->text("s3SecretAccessKeyName", out.s3.secret_access_key_name);
    s3->text("s3Endpoint", out.s3.endpoint);
    s3->text("s3UseHttps", out.s3.use_https);
    s3->text("s3Region", out.s3.region);
    s3->text("s3VerifySSL", out.s3.verify_ssl);
    s3->text("s3UseVirtualBucket", out.s3.use_virtual_bucket);
    s3->text("s3UseAccelerate", out.s3.use_accelerate);
    s3->text("s3UseAnonymousCredential", out.s3.use_anonymous_credential);
    s3->text("s3CABundleConfigMap", out.s3.ca_bundle_config_map);
    s3->text("s3CABundle", out.s3.ca_bundle);
    s3->finish();
  }
}

void read_agent(Section& section, Configuration& all) {
  section.text("image", all.agent.image);
  section.resources(all.agent.resources);
}

void read_logger(Section& section, Configuration& all) {
  LoggerConfiguration& out = all.logger;
  section.text("image", out.image);
  section.resources(out.resources);
  section.text("defaultUrl", out.default_url);
  section.text("caBundle", out.ca_bundle);
  section.text("caCertFile", out.ca_cert_file);
  section.flag("tlsSkipVerify", out.tls_skip_verify);
  section.text("marshallerUrl", out.marshaller_url);
  section.integer("batchSize", out.batch_size);
  section.text("batchInterval", out.batch_interval);
  if (auto storage = section.section("storage")) {
    LoggerConfiguration::Store& store = out.store.emplace();
    storage->text("path", store.path);
    storage->text_map("parameters", store.parameters);
    storage->text("key", store.storage_key);
    storage->text("serviceAccountName", store.service_account_name);
    storage->finish();
  }
}

void read_batcher(Section& section, Configuration& all) {
  section.text("image", all.batcher.image);
  section.resources(all.batcher.resources);
  section.text("maxBatchSize", all.batcher.max_batch_size);
  section.text("maxLatency", all.batcher.max_latency);
}

void read_router(Section& section, Configuration& all) {
  section.text("image", all.router.image);
  section.resources(all.router.resources);
  section.texts_map("headers", all.router.headers);
  section.text("imagePullPolicy", all.router.image_pull_policy);
  section.texts("imagePullSecrets", all.router.image_pull_secrets);
}

void read_explainers(Section& section, Configuration& all) {
  if (auto art = section.section("art")) {
    art->text("image", all.explainers.art_image);
    art->text("defaultImageVersion", all.explainers.art_default_image_version);
    art->finish();
  }
}

void read_metrics_aggregator(Section& section, Configuration& all) {
  section.text("enableMetricAggregation", all.metrics_aggregator.enable_metric_aggregation);
  section.text("enablePrometheusScraping", all.metrics_aggregator.enable_prometheus_scraping);
}

void read_autoscaler(Section& section, Configuration& all) {
  section.number_as_text("scaleUpStabilizationWindowSeconds",
                         all.autoscaler.scale_up_stabilization_window_seconds);
  section.number_as_text("scaleDownStabilizationWindowSeconds",
                         all.autoscaler.scale_down_stabilization_window_seconds);
}

void read_opentelemetry_collector(Section& section, Configuration& all) {
  OpenTelemetryCollectorConfiguration& out = all.opentelemetry_collector;
  section.text("scrapeInterval", out.scrape_interval);
  section.text("metricReceiverEndpoint", out.metric_receiver_endpoint);
  section.text("metricScalerEndpoint", out.metric_scaler_endpoint);
  if (auto resource = section.section("resource")) {
    resource->resources(out.resource);
    resource->finish();
  }
}

void read_local_model(Section& section, Configuration& all) {
  LocalModelConfiguration& out = all.local_model;
  section.flag("enabled", out.enabled);
  section.text("jobNamespace", out.job_namespace);
  section.text("defaultJobImage", out.default_job_image);
  section.integer("fsGroup", out.fs_group);
  section.integer("jobTTLSecondsAfterFinished", out.job_ttl_seconds_after_finished);
  section.integer("reconcilationFrequencyInSecs", out.reconcilation_frequency_in_secs);
  section.flag("disableVolumeManagement", out.disable_volume_management);
}

void read_multi_node(Section& section, Configuration& all) {
  section.texts("customGPUResourceTypeList", all.multi_node.custom_gpu_resource_type_list);
}

void read_security(Section& section, Configuration& all) {
  section.flag("autoMountServiceAccountToken", all.security.auto_mount_service_account_token);
}

void read_service(Section& section, Configuration& all) {
  section.flag("serviceClusterIPNone", all.service.service_cluster_ip_none);
}

/// `pattern` or `pattern=key`: names of resources. The pattern may contain stars.
std::optional<GpuToleration> read_gpu_toleration(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  GpuToleration out{std::string(entry.substr(0, equals)), {}};
  if (equals != std::string_view::npos) {
    out.key = entry.substr(equals + 1);
    if (check_qualified_name(out.key)) return std::nullopt;
  }
  std::string without_stars = out.pattern;
  std::ranges::replace(without_stars, '*', 'x');
  if (check_qualified_name(without_stars)) return std::nullopt;
  return out;
}

void read_gpu_tolerations(Section& section, std::vector<GpuToleration>& out) {
  std::vector<std::string> entries;
  entries.reserve(out.size());
  for (const GpuToleration& t : out) entries.push_back(t.key.empty() ? t.pattern : t.pattern + "=" + t.key);
  section.texts("gpuTolerations", entries);
  out.clear();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (auto toleration = read_gpu_toleration(entries[i])) {
      out.push_back(std::move(*toleration));
    } else {
      section.error(
          fmt::format("gpuTolerations[{}]", i),
          fmt::format("is {}, allowed is a resource such as nvidia.com/gpu, with * for anything, and "
                      "\"=key\" after it if the taint has another key",
                      spec::quote(entries[i])));
    }
  }
}

/// Part of a URL in the API of custom metrics.
void read_metric_name(Section& section, std::string_view field, std::string& out) {
  std::string name = out;
  section.text_or_default(field, name);
  if (name == "." || name == ".." || name.find_first_of("/%") != std::string::npos) {
    section.error(
        field, fmt::format(R"(is {}, allowed is a metric's name, without "/" and "%")", spec::quote(name)));
  } else {
    out = std::move(name);
  }
}

/// Names of annotations, which may contain stars.
void read_denied_annotations(Section& section, std::vector<std::string>& out) {
  section.texts("deniedAnnotations", out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::string without_stars = out[i];
    std::ranges::replace(without_stars, '*', 'x');
    if (!check_qualified_name(without_stars)) continue;
    section.error(
        fmt::format("deniedAnnotations[{}]", i),
        fmt::format("is {}, allowed is the name of an annotation, with * for anything", spec::quote(out[i])));
  }
}

/// `names` are in the order of the enumerators.
template <typename Enum>
void read_choice(Section& section, std::string_view field, std::span<const std::string_view> names,
                 Enum& out) {
  if (const auto index = section.choice(field, names)) out = Enum{static_cast<std::uint8_t>(*index)};
}

void read_modelgate(Section& section, Configuration& all) {
  using Modelgate = ModelgateConfiguration;
  static constexpr std::array<std::string_view, 2> kValidations = {"Strict", "Compatible"};
  static constexpr std::array<std::string_view, 2> kSelections = {"Pin", "Defer"};
  static constexpr std::array<std::string_view, 2> kInjections = {"Admission", "Render"};
  static constexpr std::array<std::string_view, 2> kNames = {"Plain", "DefaultSuffix"};
  Modelgate& out = all.modelgate;
  read_choice(section, "validation", kValidations, out.validation);
  read_choice(section, "runtimeSelection", kSelections, out.runtime_selection);
  section.flag("resourceDefaults", out.resource_defaults);
  read_gpu_tolerations(section, out.gpu_tolerations);
  read_choice(section, "podInjection", kInjections, out.pod_injection);
  read_choice(section, "componentNames", kNames, out.component_names);
  if (auto metrics = section.section("podMetrics")) {
    read_metric_name(*metrics, "concurrency", out.pod_metrics.concurrency);
    read_metric_name(*metrics, "rps", out.pod_metrics.rps);
    metrics->finish();
  }
  section.flag("istioRoutes", out.istio_routes);
  section.integer("preStopSeconds", out.pre_stop_seconds);
  read_denied_annotations(section, out.denied_annotations);
}

struct Key {
  std::string_view name;
  void (*read)(Section&, Configuration&);
};

constexpr std::array kKeys = {
    Key{"agent", read_agent},
    Key{"autoscaler", read_autoscaler},
    Key{"batcher", read_batcher},
    Key{"credentials", read_credentials},
    Key{"deploy", read_deploy},
    Key{"explainers", read_explainers},
    Key{"inferenceService", read_inference_service},
    Key{"ingress", read_ingress},
    Key{"localModel", read_local_model},
    Key{"logger", read_logger},
    Key{"metricsAggregator", read_metrics_aggregator},
    Key{"modelgate", read_modelgate},
    Key{"multiNode", read_multi_node},
    Key{"opentelemetryCollector", read_opentelemetry_collector},
    Key{"router", read_router},
    Key{"security", read_security},
    Key{"service", read_service},
    Key{"storageInitializer", read_storage_initializer},
};

void read_key(const Key& key, const Value& text, Section::Problems& problems, Configuration& out) {
  const auto fail = [&](std::string message) {
    problems.errors.push_back({std::string(key.name), "", std::move(message)});
  };
  if (!text.IsString()) {
    fail("must be a string that holds a JSON object");
    return;
  }
  Arena arena;
  const auto object = parse_json(text_of(text), arena);
  if (!object) {
    fail(fmt::format("is not JSON: {} (at byte {})", object.error().message, object.error().offset));
    return;
  }
  if (object->IsNull()) return;
  if (!object->IsObject()) {
    fail("must hold a JSON object");
    return;
  }
  Section section(problems, key.name, "", *object);
  key.read(section, out);
  section.finish();
}

void warn_of_unknown_keys(const Value& data, Section::Problems& problems) {
  std::array<std::string_view, kKeys.size()> known;
  std::ranges::transform(kKeys, known.begin(), &Key::name);
  for (const auto& member : data.GetObject()) {
    const std::string_view name = text_of(member.name);
    if (name.starts_with('_') || std::ranges::find(known, name) != known.end()) continue;
    if (const auto near = nearest(name, known)) {
      problems.warnings.push_back(
          {std::string(name), "", fmt::format("is not a known key (did you mean {}?)", quote(*near))});
    }
  }
}

}  // namespace

std::string ConfigurationProblem::to_string() const {
  return path.empty() ? fmt::format("{}: {}", key, message) : fmt::format("{}: {}: {}", key, path, message);
}

bool GpuToleration::matches(std::string_view resource) const {
  return matches_pattern(pattern, resource);
}

std::vector<GpuToleration> ModelgateConfiguration::default_gpu_tolerations() {
  return {
      {"nvidia.com/gpu", ""},  {"nvidia.com/mig-*", "nvidia.com/gpu"},
      {"amd.com/gpu", ""},     {"intel.com/gpu", ""},
      {"gpu.intel.com/*", ""}, {"habana.ai/gaudi", ""},
      {"google.com/tpu", ""},
  };
}

std::expected<Configuration, std::vector<ConfigurationProblem>> parse_configuration(
    const Value& config_map, std::vector<ConfigurationProblem>* warnings) {
  Configuration out;
  Section::Problems problems;
  const Value* data = find(config_map, "data");
  if (data && !data->IsObject()) {
    problems.errors.push_back({"data", "", "must be an object"});
  } else if (data) {
    for (const Key& key : kKeys) {
      if (const Value* text = find(*data, key.name)) read_key(key, *text, problems, out);
    }
    warn_of_unknown_keys(*data, problems);
  }
  if (warnings) *warnings = std::move(problems.warnings);
  if (!problems.errors.empty()) return std::unexpected(std::move(problems.errors));
  return out;
}

}  // namespace modelgate::spec
