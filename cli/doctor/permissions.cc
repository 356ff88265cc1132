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

/// Which of the installation's names a permission is limited to.
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
  bool namespaced;  // in the installation's namespace; else in the whole cluster
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
       "to report problems of the configuration and the certificates"},
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
       "which models are cached on nodes"},
      {kServing,
       "localmodelnamespacecaches",
       Named::kAny,
       false,
       {"list", "watch"},
       "which models are cached on nodes"},
      {kServing,
       "clusterstoragecontainers",
       Named::kAny,
       false,
       {"get"},
       "the container that fetches a Pod's model"},
      {kServing, "inferenceservices", Named::kAny, false, {"get"}, "the logger settings of a Pod's service"},
      {"", "serviceaccounts", Named::kAny, false, {"get"}, "the credentials of a Pod's model"},
      {"", "secrets", Named::kAny, false, {"get"}, "the credentials of a Pod's model"},
      {"",
       "persistentvolumeclaims",
       Named::kAny,
       false,
       {"get"},
       "to check that the claim of a service exists"},
      {kAdmission,
       "mutatingwebhookconfigurations",
       Named::kRegistration,
       false,
       {"get", "list", "watch"},
       "to be ready only if the API server trusts its certificate"},
      {kAdmission,
       "validatingwebhookconfigurations",
       Named::kRegistration,
       false,
       {"get", "list", "watch"},
       "to be ready only if the API server trusts its certificate"},
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
      {"", "secrets", Named::kAny, true, {"create"}, "to store its CAs"},
      {"", "secrets", Named::kSecret, true, {"get", "list", "watch", "patch"}, "to store its CAs"},
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
  const Verbs watch = {"list", "watch"};
  const Verbs manage = {"get", "list", "watch", "create", "patch", "delete"};
  constexpr Named kAny = Named::kAny;
  const Row rows[] = {
      {kServing, "inferenceservices", kAny, false, {"list", "watch", "patch"}, "to reconcile them"},
      {kServing, "inferenceservices/status", kAny, false, {"patch"}, "to write the status"},
      {kServing, "inferenceservices/finalizers", kAny, false, {"update"}, "to set owner references"},
      {kServing, "servingruntimes", kAny, false, watch, "the runtimes to choose from"},
      {kServing, "clusterstoragecontainers", kAny, false, watch, "which storage is supported"},
      {kServing, "localmodelcaches", kAny, false, watch, "which models are cached on nodes"},
      {kServing, "localmodelnamespacecaches", kAny, false, watch, "which models are cached on nodes"},
      {kServing, "clusterservingruntimes", kAny, false, watch, "the runtimes to choose from"},
      {kServing, "clusterservingruntimes", kAny, false, {"create"}, "to create the built-in runtimes"},
      {kServing,
       "trainedmodels",
       kAny,
       false,
       {"list", "delete"},
       "to delete the models of a deleted server"},
      {"apps", "deployments", kAny, false, manage, "to run models"},
      {"", "services", kAny, false, manage, "to route traffic to models"},
      {"",
       "configmaps",
       kAny,
       false,
       {"get", "list", "watch", "create"},
       "the model lists of multi-model servers"},
      {"", "configmaps", Named::kCaBundle, false, {"patch"}, "the CAs of private object stores"},
      {"autoscaling", "horizontalpodautoscalers", kAny, false, manage, "to scale models"},
      {"networking.k8s.io", "ingresses", kAny, false, manage, "to route external traffic"},
      {"networking.k8s.io", "ingressclasses", kAny, false, watch, "whether Ingresses are used"},
      {"discovery.k8s.io", "endpointslices", kAny, false, watch, "whether requests reach a model"},
      {"gateway.networking.k8s.io", "httproutes", kAny, false, manage, "to route external traffic"},
      {"networking.istio.io", "virtualservices", kAny, false, manage, "to route external traffic"},
      {"serving.knative.dev", "services", kAny, false, manage, "services in Knative mode"},
      {"keda.sh", "scaledobjects", kAny, false, manage, "to scale models with KEDA"},
      {"opentelemetry.io", "opentelemetrycollectors", kAny, false, manage, "metrics for scaling"},
      {"", "pods", kAny, false, watch, "to report why a model does not start"},
      {"", "serviceaccounts", kAny, false, {"get"}, "the credentials of a model"},
      {"", "secrets", kAny, false, {"get"}, "the credentials of a model"},
      {"", "events", kAny, false, {"create", "patch"}, "to record events"},
      {kLeaseGroup, "leases", kAny, true, {"create"}, "so that one replica reconciles at a time"},
      {kLeaseGroup,
       "leases",
       Named::kReconcilerLease,
       true,
       {"get", "update"},
       "so that one replica reconciles at a time"},
      {"",
       "configmaps",
       Named::kBuiltinRuntimes,
       true,
       {"get", "patch"},
       "to record which built-in runtimes were created"},
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
       "the permissions of the programs"},
      {"rbac.authorization.k8s.io",
       "clusterrolebindings",
       Named::kAny,
       false,
       {"create"},
       "the permissions of the programs"},
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
      {"apps", "deployments", Named::kAny, true, {"create", "patch"}, "the programs"},
  };
  std::vector<Permission> out;
  append(rows, names, out);
  return out;
}

}  // namespace modelgate::cli
