// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/permissions.h"

#include <span>
#include <string_view>

#include "spec/configuration.h"
#include "workload/pods/storage_initializer.h"

namespace modelgate::cli {
namespace {

constexpr std::string_view kServing = "serving.kserve.io";
constexpr std::string_view kAdmission = "admissionregistration.k8s.io";
constexpr std::string_view kLeaseGroup = "coordination.k8s.io";

/// Which of the installation's names a permission is for.
enum class Named : std::uint8_t {
  kAny,
  kConfigMap,
  kRegistration,
  kSecret,
  kLease,
  kReconcilerLease,
  kCaBundle,
  kBuiltinRuntimes,
};

struct Row {
  std::string_view group, resource;
  Named named;
  bool namespaced;  // in our own namespace; else in the whole cluster
  std::vector<std::string_view> verbs;
  std::string_view what_for;
};

std::string name_of(Named named, const InstallationNames& names) {
  switch (named) {
    case Named::kAny:
      return {};
    case Named::kConfigMap:
      return std::string(spec::kConfigMapName);
    case Named::kRegistration:
      return names.registration;
    case Named::kSecret:
      return names.ca_secret;
    case Named::kLease:
      return names.lease;
    case Named::kReconcilerLease:
      return names.reconciler;
    case Named::kCaBundle:
      return std::string(workload::kCaBundleCopy);
    case Named::kBuiltinRuntimes:
      return "modelgate-builtin-runtimes";
  }
  return {};
}

void append(std::span<const Row> rows, const InstallationNames& names, std::vector<Permission>& out) {
  for (const Row& row : rows) {
    for (const std::string_view verb : row.verbs) {
      out.push_back({.verb = verb,
                     .group = row.group,
                     .resource = row.resource,
                     .name = name_of(row.named, names),
                     .ns = row.namespaced ? names.ns : std::string(),
                     .what_for = row.what_for});
    }
  }
}

}  // namespace

std::vector<Permission> webhook_permissions(const InstallationNames& names, bool own_certificates) {
  const Row always[] = {
      {"", "configmaps", Named::kConfigMap, true, {"list", "watch"}, "the configuration"},
      {"",
       "events",
       Named::kAny,
       true,
       {"create", "patch"},
       "to say what is wrong with configuration and certificates"},
      {kServing,
       "servingruntimes",
       Named::kAny,
       false,
       {"get", "list", "watch"},
       "the runtimes to choose from"},
      {kServing,
       "clusterservingruntimes",
       Named::kAny,
       false,
       {"get", "list", "watch"},
       "the runtimes to choose from"},
      {kServing,
       "clusterstoragecontainers",
       Named::kAny,
       false,
       {"list", "watch"},
       "which storage is supported"},
      {kServing,
       "localmodelcaches",
       Named::kAny,
       false,
       {"list", "watch"},
       "which models are on nodes already"},
      {kServing,
       "localmodelnamespacecaches",
       Named::kAny,
       false,
       {"list", "watch"},
       "which models are on nodes already"},
      {kServing, "clusterstoragecontainers", Named::kAny, false, {"get"}, "what fetches a Pod's model"},
      {kServing, "inferenceservices", Named::kAny, false, {"get"}, "where a Pod's service logs to"},
      {"", "serviceaccounts", Named::kAny, false, {"get"}, "the credentials of a Pod's model"},
      {"", "secrets", Named::kAny, false, {"get"}, "the credentials of a Pod's model"},
      {"",
       "persistentvolumeclaims",
       Named::kAny,
       false,
       {"get"},
       "whether a claim that a service names is there"},
      {kAdmission,
       "mutatingwebhookconfigurations",
       Named::kRegistration,
       false,
       {"get", "list", "watch"},
       "to be ready only where the API server trusts its certificate"},
      {kAdmission,
       "validatingwebhookconfigurations",
       Named::kRegistration,
       false,
       {"get", "list", "watch"},
       "to be ready only where the API server trusts its certificate"},
  };
  const Row certificates[] = {
      {kAdmission,
       "mutatingwebhookconfigurations",
       Named::kRegistration,
       false,
       {"patch"},
       "to write the caBundle"},
      {kAdmission,
       "validatingwebhookconfigurations",
       Named::kRegistration,
       false,
       {"patch"},
       "to write the caBundle"},
      {"", "secrets", Named::kAny, true, {"create"}, "to keep its CAs"},
      {"", "secrets", Named::kSecret, true, {"get", "list", "watch", "patch"}, "to keep its CAs"},
      {kLeaseGroup, "leases", Named::kAny, true, {"create"}, "so that one replica rotates certificates"},
      {kLeaseGroup,
       "leases",
       Named::kLease,
       true,
       {"get", "update"},
       "so that one replica rotates certificates"},
  };
  std::vector<Permission> out;
  append(always, names, out);
  if (own_certificates) append(certificates, names, out);
  return out;
}

std::vector<Permission> reconciler_permissions(const InstallationNames& names) {
  using Verbs = std::vector<std::string_view>;
  const Verbs follow = {"list", "watch"};
  const Verbs make = {"get", "list", "watch", "create", "patch", "delete"};
  constexpr Named kAny = Named::kAny;
  const Row rows[] = {
      {kServing, "inferenceservices", kAny, false, {"list", "watch", "patch"}, "what is asked of it"},
      {kServing, "inferenceservices/status", kAny, false, {"patch"}, "to tell how a service fares"},
      {kServing, "inferenceservices/finalizers", kAny, false, {"update"}, "to own what serves a service"},
      {kServing, "servingruntimes", kAny, false, follow, "the runtimes to choose from"},
      {kServing, "clusterstoragecontainers", kAny, false, follow, "which storage is supported"},
      {kServing, "localmodelcaches", kAny, false, follow, "which models are on nodes already"},
      {kServing, "localmodelnamespacecaches", kAny, false, follow, "which models are on nodes already"},
      {kServing, "clusterservingruntimes", kAny, false, follow, "the runtimes to choose from"},
      {kServing, "clusterservingruntimes", kAny, false, {"create"}, "to make the stock runtimes"},
      {kServing, "trainedmodels", kAny, false, {"list", "delete"}, "to delete a server's models with it"},
      {"apps", "deployments", kAny, false, make, "what serves a model"},
      {"", "services", kAny, false, make, "what leads to a model"},
      {"", "configmaps", kAny, false, {"get", "list", "watch", "create"}, "models of a server of many"},
      {"", "configmaps", Named::kCaBundle, false, {"patch"}, "the CAs of private object stores"},
      {"autoscaling", "horizontalpodautoscalers", kAny, false, make, "what scales a model"},
      {"networking.k8s.io", "ingresses", kAny, false, make, "the way in from outside"},
      {"gateway.networking.k8s.io", "httproutes", kAny, false, make, "the way in from outside"},
      {"networking.istio.io", "virtualservices", kAny, false, make, "the way in from outside"},
      {"keda.sh", "scaledobjects", kAny, false, make, "what scales a model by KEDA"},
      {"opentelemetry.io", "opentelemetrycollectors", kAny, false, make, "metrics to scale by"},
      {"", "pods", kAny, false, follow, "to tell why a model does not start"},
      {"", "serviceaccounts", kAny, false, {"get"}, "the credentials of a model"},
      {"", "secrets", kAny, false, {"get"}, "the credentials of a model"},
      {"", "events", kAny, false, {"create", "patch"}, "to tell what happened to a service"},
      {kLeaseGroup, "leases", kAny, true, {"create"}, "so that one replica works at a time"},
      {kLeaseGroup,
       "leases",
       Named::kReconcilerLease,
       true,
       {"get", "update"},
       "so that one replica works at a time"},
      {"",
       "configmaps",
       Named::kBuiltinRuntimes,
       true,
       {"get", "patch"},
       "to remember which stock runtimes were made"},
  };
  std::vector<Permission> out;
  append(rows, names, out);
  return out;
}

std::vector<Permission> installer_permissions(const InstallationNames& names) {
  const Row rows[] = {
      {"apiextensions.k8s.io",
       "customresourcedefinitions",
       Named::kAny,
       false,
       {"create", "patch"},
       "the CRDs"},
      {"", "namespaces", Named::kAny, false, {"create", "patch"}, "the namespace"},
      {"rbac.authorization.k8s.io",
       "clusterroles",
       Named::kAny,
       false,
       {"create", "escalate"},
       "what the programs may do"},
      {"rbac.authorization.k8s.io",
       "clusterrolebindings",
       Named::kAny,
       false,
       {"create"},
       "what the programs may do"},
      {kAdmission,
       "mutatingwebhookconfigurations",
       Named::kAny,
       false,
       {"create", "patch"},
       "the registration"},
      {kAdmission,
       "validatingwebhookconfigurations",
       Named::kAny,
       false,
       {"create", "patch"},
       "the registration"},
      {"apps", "deployments", Named::kAny, true, {"create", "patch"}, "the programs themselves"},
  };
  std::vector<Permission> out;
  append(rows, names, out);
  return out;
}

}  // namespace modelgate::cli
