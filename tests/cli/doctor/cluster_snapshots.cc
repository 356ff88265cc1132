// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/doctor/cluster_snapshots.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "certs/authority.h"
#include "certs/ca_set.h"
#include "certs/certificate.h"
#include "cli/doctor/permissions.h"
#include "kube/lease_record.h"
#include "kube/manifests.h"
#include "spec/text/base64.h"
#include "spec/text/rfc3339.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

namespace fs = std::filesystem;
using kube::Object;
using kube::Resource;
using spec::ObjectView;

const fs::path kRoot = MODELGATE_SOURCE_DIR;
constexpr std::string_view kNamespace = "kserve";
constexpr std::string_view kName = "modelgate-webhook";
constexpr std::string_view kReconciler = "modelgate-reconciler";

const Resource* resource_of(const ObjectView& object) {
  const auto is_it = [&](const Resource& r) {
    return r.kind == object.string("kind") && r.api_version() == object.string("apiVersion");
  };
  for (const Resource* known : kube::known_resources()) {
    if (is_it(*known)) return known;
  }
  if (is_it(kPodDisruptionBudgets)) return &kPodDisruptionBudgets;
  return nullptr;  // Roles and other kinds that no check reads
}

/// Every object of the YAML files in a folder whose names start with `prefix`.
void put_folder(ClusterSnapshot& snapshot, const std::string& folder, std::string_view prefix = "") {
  for (const auto& entry : fs::directory_iterator(kRoot / folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".yaml"))
      put_yaml(snapshot, read_source(folder + "/" + name));
  }
}

void put_crds(ClusterSnapshot& snapshot) {
  put_folder(snapshot, "deploy/crds", "serving.kserve.io_");
  for (const spec::Value* crd : snapshot.all(kube::kCustomResourceDefinitions)) {
    const std::string name(ObjectView(crd).object("metadata").string("name"));
    rewrite(snapshot, kube::kCustomResourceDefinitions, {}, name, R"("kind":"CustomResourceDefinition")",
            R"("kind":"CustomResourceDefinition","status":{"conditions":[
                {"type":"NamesAccepted","status":"True"},{"type":"Established","status":"True"}]})");
  }
}

/// The objects of deploy/, read once: parsing the YAML is slow.
const std::vector<std::pair<const Resource*, std::string>>& deployed() {
  static const auto all = [] {
    ClusterSnapshot snapshot;
    for (const char* folder : {"deploy/base", "deploy/reconciler", "deploy/config", "deploy/runtimes"})
      put_folder(snapshot, folder);
    put_crds(snapshot);
    std::vector<std::pair<const Resource*, std::string>> out;
    for (const Resource* resource : kube::known_resources()) {
      for (const spec::Value* object : snapshot.all(*resource))
        out.emplace_back(resource, spec::to_json(*object));
    }
    for (const spec::Value* object : snapshot.all(kPodDisruptionBudgets)) {
      out.emplace_back(&kPodDisruptionBudgets, spec::to_json(*object));
    }
    return out;
  }();
  return all;
}

/// The CAs, what they signed, and what the API server trusts.
void put_certificates(ClusterSnapshot& snapshot) {
  certs::CaSet set;
  set.current =
      certs::Authority::make({.lifetime = std::chrono::hours(24 * 365), .now = snapshot.now}).value();
  std::string data;
  for (const auto& [key, value] : certs::encode(set)) {
    data += fmt::format("  {}: {}\n", key, text::encode_base64(value));
  }
  put_yaml(snapshot,
           fmt::format("apiVersion: v1\nkind: Secret\nmetadata: {{name: modelgate-webhook-ca, namespace: "
                       "kserve}}\ndata:\n{}",
                       data));
  const std::string bundle = text::encode_base64(certs::bundle_pem(set));
  for (const Resource* resource :
       {&kube::kMutatingWebhookConfigurations, &kube::kValidatingWebhookConfigurations}) {
    rewrite(snapshot, *resource, {}, "modelgate", R"("clientConfig":{)",
            fmt::format(R"("clientConfig":{{"caBundle":"{}",)", bundle));
  }
  const std::string server_name = "modelgate-webhook.kserve.svc";
  const auto leaf = set.current->sign({.dns_names = {server_name}, .now = snapshot.now}).value();
  snapshot.served.push_back(
      {.address = "127.0.0.1:9443", .server_name = server_name, .chain_pem = leaf->chain_pem(), .error = {}});
}

void put_running(ClusterSnapshot& snapshot) {
  for (const std::string_view name : {kName, kReconciler}) {
    rewrite(
        snapshot, kube::kDeployments, kNamespace, name, R"("kind":"Deployment")",
        R"("kind":"Deployment","status":{"replicas":2,"readyReplicas":2,"availableReplicas":2,"conditions":[
                {"type":"Available","status":"True"},{"type":"Progressing","status":"True"}]})");
  }
  put_yaml(snapshot, R"(
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: modelgate-webhook-1, namespace: kserve, labels: {kubernetes.io/service-name: modelgate-webhook}}
endpoints:
  - {addresses: [10.0.0.1], conditions: {ready: true}}
  - {addresses: [10.0.0.2], conditions: {ready: true}}
---
apiVersion: v1
kind: Pod
metadata:
  name: modelgate-webhook-1
  namespace: kserve
  labels: {app.kubernetes.io/name: modelgate-webhook, control-plane: kserve-controller-manager}
status:
  conditions: [{type: PodScheduled, status: "True"}]
  containerStatuses: [{name: webhook, restartCount: 0, state: {running: {}}}]
---
apiVersion: v1
kind: Pod
metadata:
  name: modelgate-reconciler-1
  namespace: kserve
  labels: {app.kubernetes.io/name: modelgate-reconciler, control-plane: kserve-controller-manager}
status:
  phase: Running
  conditions: [{type: PodScheduled, status: "True"}]
  containerStatuses: [{name: reconciler, restartCount: 0, state: {running: {}}}]
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: istio}
)");
  for (const std::string_view name : {kName, kReconciler}) {
    put_yaml(snapshot, fmt::format(R"(
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {{name: {0}, namespace: kserve}}
spec: {{holderIdentity: {0}-1_a, leaseDurationSeconds: 15, renewTime: "{1}"}}
)",
                                   name, text::format_rfc3339_micro(snapshot.now)));
  }
}

}  // namespace

std::string read_source(const std::string& path) {
  std::ifstream in(kRoot / path);
  if (!in) ADD_FAILURE() << path << " cannot be read";
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void put_yaml(ClusterSnapshot& snapshot, std::string_view yaml) {
  spec::Arena arena;
  const auto objects = kube::read_objects("test.yaml", yaml, arena);
  if (!objects) {
    ADD_FAILURE() << objects.error().to_string();
    return;
  }
  for (const kube::ManifestObject& object : *objects) {
    const Resource* resource = resource_of(ObjectView(object.value));
    if (resource) snapshot.put(*resource, Object::copy_of(object.value));
  }
}

void rewrite(ClusterSnapshot& snapshot, const Resource& resource, std::string_view ns, std::string_view name,
             std::string_view before, std::string_view after) {
  const spec::Value* value = snapshot.find(resource, ns, name);
  if (!value) {
    ADD_FAILURE() << resource.kind << " " << ns << "/" << name << " is not in the snapshot";
    return;
  }
  std::string json = spec::to_json(*value);
  std::size_t at = json.find(before);
  EXPECT_NE(at, std::string::npos) << before << " is not in " << json;
  for (; at != std::string::npos; at = json.find(before, at + after.size())) {
    json.replace(at, before.size(), after);
  }
  auto object = Object::read(json);
  ASSERT_TRUE(object) << json;
  snapshot.put(resource, std::move(*object));
}

ClusterSnapshot empty_snapshot() {
  ClusterSnapshot snapshot;
  snapshot.server = "https://127.0.0.1:6443";
  snapshot.version = "v1.31.2";
  snapshot.user = "admin";
  snapshot.clock_ahead = std::chrono::seconds(0);
  snapshot.groups = {"apps", "networking.k8s.io"};
  snapshot.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  snapshot.services.emplace();
  for (const Resource* kind : {&kube::kHttpRoutes, &kube::kVirtualServices, &kube::kScaledObjects,
                               &kube::kOpenTelemetryCollectors}) {
    snapshot.put_served(*kind, true);
  }
  return snapshot;
}

ClusterSnapshot healthy_snapshot() {
  ClusterSnapshot snapshot = empty_snapshot();
  for (const auto& [resource, json] : deployed()) snapshot.put(*resource, Object::read(json).value());
  put_running(snapshot);
  put_certificates(snapshot);
  for (Permission& permission : webhook_permissions(snapshot.names, true)) {
    snapshot.webhook_permissions.push_back({.permission = std::move(permission), .allowed = true});
  }
  for (Permission& permission : reconciler_permissions(snapshot.names)) {
    snapshot.reconciler_permissions.push_back({.permission = std::move(permission), .allowed = true});
  }
  return snapshot;
}

}  // namespace modelgate::cli
