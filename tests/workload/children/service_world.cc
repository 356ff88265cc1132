// SPDX-License-Identifier: Apache-2.0
#include "tests/workload/children/service_world.h"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

#include "deploy/builtin.h"
#include "spec/view.h"
#include "yaml/yaml.h"

namespace modelgate::workload {

using spec::Value;

namespace {

/// Runtimes of each kind that the tests need; `rt` is used by name.
constexpr std::string_view kRuntimes = R"(
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: with-port}
spec:
  supportedModelFormats: [{name: sklearn}]
  containers:
    - name: kserve-container
      image: example.com/server:v1
      args: ["--model_name={{.Name}}", "--http_port=8080"]
      ports: [{containerPort: 8080, protocol: TCP}]
      livenessProbe: {httpGet: {path: /live, port: 8080}}
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: rt}
spec:
  supportedModelFormats: [{name: sklearn, autoSelect: true}, {name: huggingface}, {name: xgboost}]
  labels: {from: runtime, team: runtime}
  annotations: {prometheus.kserve.io/port: "8080", note: runtime}
  containers:
    - name: kserve-container
      image: example.com/server:v1
      args: ["--model_name={{.Name}}", "--ns={{ .Namespace }}"]
      env: [{name: A, value: runtime}, {name: B, value: runtime}]
      resources: {requests: {cpu: "1", memory: 1Gi}}
  nodeSelector: {pool: models}
  tolerations: [{key: dedicated, operator: Exists}]
  volumes: [{name: shm, emptyDir: {medium: Memory}}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: templated}
spec:
  supportedModelFormats: [{name: sklearn}]
  containers:
    - name: kserve-container
      image: example.com/server:v1
      args: ["{{.Labels.team}}", "{{.Annotations.owner}}", "{{- .StorageUri -}} ", "a {{- .Name -}} b"]
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: go}
spec:
  supportedModelFormats: [{name: sklearn}]
  containers:
    - name: kserve-container
      image: example.com/server:v1
      args:
        - --name={{index .Annotations `served-name`}}
        - --tier={{or .Labels.tier `small`}}
        - "{{if eq .Namespace `default`}}--debug{{else}}--quiet{{end}}"
        - --none={{index .Labels `none`}}
      env: [{name: PART, value: "{{ index .Labels `app.kubernetes.io/part-of` }}"}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: quoted}
spec:
  supportedModelFormats: [{name: sklearn}]
  containers: [{name: kserve-container, image: "example.com/server:v1", args: ['{{index .Annotations "served-name"}}']}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: own-port}
spec:
  supportedModelFormats: [{name: sklearn}]
  containers: [{name: kserve-container, image: "example.com/server:v1", ports: [{containerPort: 8888}]}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: two-ports}
spec:
  supportedModelFormats: [{name: sklearn}]
  containers:
    - name: kserve-container
      image: example.com/server:v1
      ports: [{name: h2c, containerPort: 9000}, {name: http1, containerPort: 8000}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: claiming}
spec:
  supportedModelFormats: [{name: sklearn}]
  resourceClaims: [{name: gpu, resourceClaimTemplateName: t}]
  containers:
    - name: kserve-container
      image: example.com/server:v1
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: collocated}
spec:
  supportedModelFormats: [{name: sklearn}]
  containers:
    - {name: kserve-container, image: example.com/server:v1}
    - {name: transformer-container, image: example.com/transformer:v1, args: ["--name={{.Name}}"]}
    - {name: sidecar, image: example.com/sidecar:v1}
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: ml, annotations: {serving.kserve.io/server-type: mlserver}}
spec:
  supportedModelFormats: [{name: sklearn}, {name: xgboost}]
  containers:
    - {name: kserve-container, image: "example.com/mlserver:1", env: [{name: CLASS, value: "{{.Labels.modelClass}}"}]}
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: torch, annotations: {serving.kserve.io/server-type: torchserve}}
spec:
  supportedModelFormats: [{name: pytorch}]
  containers:
    - {name: kserve-container, image: "example.com/torch:1", args: ["{{.Labels.serviceEnvelope}}"]}
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: triton, annotations: {serving.kserve.io/server-type: tritonserver}}
spec:
  supportedModelFormats: [{name: onnx}]
  containers: [{name: kserve-container, image: "example.com/triton:1"}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: vllm, annotations: {serving.kserve.io/server-type: vllmserver}}
spec:
  supportedModelFormats: [{name: huggingface}]
  containers: [{name: kserve-container, image: "example.com/vllm:1", args: [--port=8080]}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: nodes}
spec:
  supportedModelFormats: [{name: huggingface}]
  annotations: {head-only: "1"}
  containers:
    - {name: kserve-container, image: "example.com/vllm:1", resources: {requests: {cpu: "1"}}}
  workerSpec:
    pipelineParallelSize: 2
    tensorParallelSize: 1
    labels: {of: workers}
    resourceClaims: [{name: fabric, resourceClaimTemplateName: fabric}]
    containers:
      - {name: worker-container, image: "example.com/vllm:1", args: ["worker", "{{.Name}}"]}
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterServingRuntime
metadata: {name: 'off'}
spec:
  disabled: true
  supportedModelFormats: [{name: sklearn}]
  containers: [{name: kserve-container, image: "example.com/server:1"}]
)";

std::vector<Value> read_documents(std::string_view yaml, spec::Arena& arena) {
  std::vector<Value> out;
  const auto documents = yaml::read_yaml(yaml);
  if (!documents) throw std::runtime_error("test data: " + documents.error().message);
  for (const auto& d : *documents) {
    auto value = spec::parse_json(d.json, arena);
    if (!value) throw std::runtime_error("test data: " + value.error().message);
    out.push_back(std::move(*value));
  }
  return out;
}

void change(spec::Configuration& c, unsigned settings) {
  if (settings & kCompatible) c.modelgate.validation = spec::ModelgateConfiguration::Validation::kCompatible;
  if (settings & kGatewayApi) c.ingress.enable_gateway_api = true;
  if (settings & kRender) c.modelgate.pod_injection = spec::ModelgateConfiguration::PodInjection::kRender;
  if (settings & kHeadless) c.service.service_cluster_ip_none = true;
  if (settings & kIstio) {
    c.modelgate.istio_routes = true;
    c.ingress.ingress_gateway = "istio-system/models";
  }
  if (settings & kNoIngress) c.ingress.disable_ingress_creation = true;
  if (settings & kPathTemplate) c.ingress.path_template = "/serving/{{ .Namespace }}/{{ .Name }}";
  if (settings & kDottedDomain)
    c.ingress.domain_template = "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}";
  if (settings & kMoreDomains)
    c.ingress.additional_ingress_domains = {"a.example", "a.example", "_no", "b.example"};
  if (settings & kRollout) {
    c.deploy.max_surge = "1";
    c.deploy.max_unavailable = "0";
  }
  if (settings & kNotScraped) c.metrics_aggregator.enable_prometheus_scraping = "false";
  if (settings & kPodMetrics) c.modelgate.pod_metrics = {.concurrency = "busy", .rps = "rate"};
  if (settings & kForbidden) {
    c.inference_service.service_annotation_disallowed_list.emplace_back("secret");
    c.inference_service.service_label_disallowed_list.emplace_back("secret");
  }
}

}  // namespace

const Value* at(const Value& root, std::string_view pointer) {
  const Value* value = &root;
  while (value && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view raw = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(raw.size());
    std::string part(raw);
    for (std::size_t i; (i = part.find("~1")) != std::string::npos;) part.replace(i, 2, "/");
    if (value->IsArray()) {
      unsigned index = 0;
      const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
      value = error == std::errc{} && index < value->Size() ? &(*value)[index] : nullptr;
    } else {
      value = spec::find(value, part);
    }
  }
  return value;
}

std::vector<std::string> Rendered::names() const {
  std::vector<std::string> out;
  for (const WantedObject& o : wanted.objects) {
    const spec::ObjectView view(o.object);
    out.push_back(fmt::format("{} {}", view.string("kind"), view.object("metadata").string("name")));
  }
  return out;
}

const Value* Rendered::find(std::string_view object) const {
  for (const WantedObject& o : wanted.objects) {
    const spec::ObjectView view(o.object);
    if (fmt::format("{}/{}", view.string("kind"), view.object("metadata").string("name")) == object)
      return &o.object;
  }
  return nullptr;
}

std::string Rendered::json(std::string_view object, std::string_view pointer) const {
  const Value* found = find(object);
  const Value* value = found ? at(*found, pointer) : nullptr;
  return value ? spec::to_json(*value) : "-";
}

std::vector<std::string> Rendered::problems() const {
  std::vector<std::string> out;
  for (const Problem& p : wanted.problems) {
    out.push_back(fmt::format("{}{} {} {}", p.kind == Problem::Kind::kNotice ? "~" : "", p.component,
                              p.reason, p.path.to_string()));
  }
  return out;
}

ServiceWorld::ServiceWorld(unsigned settings) {
  spec::CatalogBuilder builder;
  for (const BuiltinManifest& manifest : builtin_manifests()) {
    for (const Value& document : read_documents(manifest.text, *arena_)) {
      if (builder.add(document) || spec::ObjectView(document).string("kind") != "ConfigMap") continue;
      auto configuration = spec::parse_configuration(document);
      if (!configuration) throw std::runtime_error("the built-in configuration does not parse");
      change(*configuration, settings);
      builder.set_configuration(std::move(*configuration));
    }
  }
  for (const Value& document : read_documents(kRuntimes, *arena_)) builder.add(document);
  catalog_ = builder.build(1);
}

Value ServiceWorld::yaml(std::string_view text) {
  return std::move(read_documents(text, *arena_).at(0));
}

Value ServiceWorld::service(std::string_view yaml) {
  Value service = std::move(read_documents(yaml, *arena_).at(0));
  if (!spec::find(service, "metadata"))
    spec::set_member(service, "metadata", Value(rapidjson::kObjectType), *arena_);
  Value& metadata = *spec::find(service, "metadata");
  if (!spec::find(metadata, "name")) spec::set_member(metadata, "name", spec::make_literal("m"), *arena_);
  spec::set_member(metadata, "namespace", spec::make_literal("default"), *arena_);
  spec::set_member(metadata, "uid", spec::make_literal("u-1"), *arena_);
  if (!spec::find(metadata, "generation")) spec::set_member(metadata, "generation", Value(3), *arena_);
  return service;
}

Rendered ServiceWorld::render(std::string_view yaml, const ReadyComponents* ready) {
  const Value document = service(yaml);
  ReadyComponents all{.predictor = true, .transformer = true, .explainer = true, .canaries = {}};
  const Value* canaries = at(document, "/spec/canary");
  for (rapidjson::SizeType i = 0; canaries && i < canaries->Size(); ++i) {
    all.canaries.emplace_back(spec::ObjectView((*canaries)[i]).object("predictor").string("name"));
  }
  return {catalog_, arena_, build_wanted(document, context(ready ? *ready : all), *arena_)};
}

ServiceContext ServiceWorld::context(const ReadyComponents& ready) const {
  return {.catalog = *catalog_,
          .runtime = runtime,
          .ready = ready,
          .name_style = style,
          .virtual_services = catalog_->configuration().modelgate.istio_routes,
          .knative = knative,
          .taken_hosts = taken_hosts};
}

}  // namespace modelgate::workload
