// SPDX-License-Identifier: Apache-2.0
#include "tests/admission/reviewed.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <stdexcept>

#include "spec/lookup_rounds.h"
#include "tests/json_patch.h"
#include "yaml/yaml.h"

namespace modelgate::admission {
namespace {

using spec::Arena;
using spec::Value;

constexpr std::string_view kRuntimes = R"(
metadata: {name: plain}
spec:
  supportedModelFormats: [{name: sklearn, autoSelect: true}, {name: xgboost, autoSelect: true}]
  containers: [{name: kserve-container, image: "example.com/server:1"}]
---
metadata: {name: team}
spec:
  supportedModelFormats: [{name: sklearn}]
  containers: [{name: kserve-container, image: "example.com/server:1", args: ["--team={{.Labels.team}}"]}]
---
metadata: {name: mounts}
spec:
  supportedModelFormats: [{name: sklearn}]
  containers:
    - {name: kserve-container, image: "example.com/server:1", volumeMounts: [{name: cache, mountPath: /cache}]}
---
metadata: {name: bare}
spec:
  supportedModelFormats: [{name: sklearn}]
  containers: [{name: other, image: "example.com/server:1"}]
---
metadata: {name: probed}
spec:
  supportedModelFormats: [{name: sklearn}]
  tolerations: [{key: gpu, operator: Exists}]
  containers:
    - name: kserve-container
      image: "example.com/server:1"
      env: [{name: TOKEN, value: none}]
      ports: [{containerPort: 8080, protocol: TCP}]
      readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 5}
      livenessProbe: {httpGet: {path: /live, port: 8080}}
      resources: {requests: {memory: 2Gi, cpu: "1"}, limits: {memory: 2Gi, cpu: "1"}}
    - {name: helper, image: "example.com/helper:1"}
---
metadata: {name: faulty}
spec:
  supportedModelFormats: [{name: sklearn}]
  dnsPolicy: ClusterFirst
  containers:
    - {name: kserve-container, image: "example.com/server:1", readinessProbe: {tcpSocket: {port: 0}}}
---
metadata: {name: nodes}
spec:
  supportedModelFormats: [{name: huggingface}]
  containers: [{name: kserve-container, image: "example.com/vllm:1"}]
  workerSpec:
    pipelineParallelSize: 2
    tensorParallelSize: 1
    containers: [{name: worker-container, image: "example.com/vllm:1"}]
---
metadata: {name: "off"}
spec:
  disabled: true
  supportedModelFormats: [{name: sklearn}]
  containers: [{name: kserve-container, image: "example.com/server:1"}]
)";

Value read(std::string_view json, Arena& arena) {
  auto value = spec::parse_json(json, arena);
  if (!value) throw std::runtime_error(fmt::format("test data: {}: {}", value.error().message, json));
  return std::move(*value);
}

std::vector<yaml::YamlDocument> documents(std::string_view yaml) {
  auto read = yaml::read_yaml(yaml);
  if (!read) throw std::runtime_error(fmt::format("test data: {}: {}", read.error().message, yaml));
  return std::move(*read);
}

void set_type(Value& object, std::string_view version, std::string_view kind, Arena& arena) {
  spec::set_member(object, "apiVersion", spec::make_string(version, arena), arena);
  spec::set_member(object, "kind", spec::make_string(kind, arena), arena);
}

std::string service_from(std::string_view yaml) {
  Arena arena;
  Value object = read(documents(yaml).front().json, arena);
  set_type(object, "serving.kserve.io/v1beta1", "InferenceService", arena);
  spec::set_member(*spec::find(object, "metadata"), "namespace", spec::make_literal("ns"), arena);
  return spec::to_json(object);
}

std::string body_of(const char* operation, const std::string& object, const std::string& old) {
  return fmt::format(R"({{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u",
    "kind":{{"group":"serving.kserve.io","version":"v1beta1","kind":"InferenceService"}},"name":"","namespace":"ns",
    "operation":"{}","object":{},"oldObject":{}}}}})",
                     operation, object, old);
}

std::string patched(const std::string& object, const std::string& patch) {
  if (patch.empty()) return object;
  Arena arena;
  Value document = read(object, arena);
  spec::apply_json_patch(document, read(patch, arena), arena);
  return spec::to_json(document);
}

}  // namespace

std::vector<std::string> Reviewed::causes() const {
  std::vector<std::string> out;
  for (const Cause& c : response.causes) out.push_back(fmt::format("{} {}", c.field, c.reason));
  return out;
}

bool Reviewed::warns(std::string_view part) const {
  return std::ranges::any_of(warnings, [&](const std::string& w) { return w.contains(part); });
}

bool Reviewed::needed(std::string_view kind, std::string_view name) const {
  return std::ranges::any_of(looked_up, [&](const ObjectKey& k) { return k.kind == kind && k.name == name; });
}

Cluster::Cluster(const std::function<void(spec::Configuration&)>& change) {
  Arena arena;
  spec::Configuration configuration;
  change(configuration);
  spec::CatalogBuilder builder;
  builder.set_configuration(std::move(configuration));
  for (const auto& document : documents(kRuntimes)) {
    Value runtime = read(document.json, arena);
    set_type(runtime, "serving.kserve.io/v1alpha1", "ClusterServingRuntime", arena);
    builder.add(runtime);
  }
  catalog_ = builder.build(1);
}

Reviewed Cluster::create(std::string_view yaml) {
  return review("CREATE", yaml, "null");
}

Reviewed Cluster::update(std::string_view yaml, const std::string& stored) {
  return review("UPDATE", yaml, stored);
}

Reviewed Cluster::review(const char* operation, std::string_view yaml, const std::string& old) {
  Reviewed out;
  std::string object = service_from(yaml);
  if (mutates) {
    send(Endpoint::kMutateInferenceService, body_of(operation, object, old), out);
    if (!out.response.allowed) return out;
    object = patched(object, out.response.patch);
    out.looked_up.clear();
  }
  send(Endpoint::kValidateInferenceService, body_of(operation, object, old), out);
  out.object = std::move(object);
  return out;
}

void Cluster::send(Endpoint endpoint, const std::string& body, Reviewed& out) {
  Facts facts;
  Arena arena_of_objects;
  const Value something = read(R"({"kind":"Something","metadata":{"name":"x"}})", arena_of_objects);
  std::deque<Value> present;
  for (int round = 0; round <= spec::LookupRounds::kMax; ++round) {
    Arena arena;
    auto review = decode_review(body, arena);
    if (!review) throw std::runtime_error(review.error().message);
    Outcome outcome = admit(endpoint, *review, *catalog_, facts, arena);
    std::vector<ObjectKey> needed;
    if (auto* response = std::get_if<Response>(&outcome)) {
      needed = response->unless_present;
    } else {
      needed = std::get<Needs>(outcome).objects;
    }
    if (auto* response = std::get_if<Response>(&outcome); response && needed.empty()) {
      for (const spec::FieldWarning& w : response->warnings) out.warnings.push_back(w.to_string());
      response->warnings.clear();  // their paths refer to the arena
      out.response = std::move(*response);
      return;
    }
    for (const ObjectKey& key : needed) {
      out.looked_up.push_back(key);
      if (const auto it = objects.find(key); it != objects.end()) {
        facts.add(key, {Fact::State::kPresent, &present.emplace_back(read(it->second, arena_of_objects))});
        continue;
      }
      const Fact::State found = state(key);
      facts.add(key, {found, found == Fact::State::kPresent ? &something : nullptr});
    }
  }
  throw std::runtime_error(fmt::format("more rounds of lookups than {}: {}", spec::LookupRounds::kMax, body));
}

}  // namespace modelgate::admission
