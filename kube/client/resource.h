// SPDX-License-Identifier: Apache-2.0
//
// The kinds of the Kubernetes API that we use, and their paths at the API server.
//
//   kSecrets.path("kserve", "ca")      -> /api/v1/namespaces/kserve/secrets/ca
//   kClusterServingRuntimes.path()     -> /apis/serving.kserve.io/v1alpha1/clusterservingruntimes
//   resource_of_kind("Secret")         -> &kSecrets
//
// See "Resource URIs" in Kubernetes' API concepts.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace modelgate::kube {

struct Resource {
  std::string_view group;  // "" for the core group
  std::string_view version;
  std::string_view plural;
  std::string_view kind;
  bool namespaced = true;

  /// The path of the collection (no name) or of an object. Without a namespace: the collection in all
  /// namespaces, or a cluster-scoped object. Names are escaped, so that they stay one segment of the path.
  std::string path(std::string_view ns = {}, std::string_view name = {},
                   std::string_view subresource = {}) const;
  /// "serving.kserve.io/v1alpha1", or "v1" for the core group.
  std::string api_version() const;
};

inline constexpr Resource kConfigMaps{"", "v1", "configmaps", "ConfigMap"};
inline constexpr Resource kSecrets{"", "v1", "secrets", "Secret"};
inline constexpr Resource kServiceAccounts{"", "v1", "serviceaccounts", "ServiceAccount"};
inline constexpr Resource kServices{"", "v1", "services", "Service"};
inline constexpr Resource kPods{"", "v1", "pods", "Pod"};
inline constexpr Resource kNamespaces{"", "v1", "namespaces", "Namespace", false};
inline constexpr Resource kPersistentVolumeClaims{"", "v1", "persistentvolumeclaims",
                                                  "PersistentVolumeClaim"};
inline constexpr Resource kEvents{"", "v1", "events", "Event"};
inline constexpr Resource kDeployments{"apps", "v1", "deployments", "Deployment"};
inline constexpr Resource kReplicaSets{"apps", "v1", "replicasets", "ReplicaSet"};
inline constexpr Resource kHorizontalPodAutoscalers{"autoscaling", "v2", "horizontalpodautoscalers",
                                                    "HorizontalPodAutoscaler"};
inline constexpr Resource kIngresses{"networking.k8s.io", "v1", "ingresses", "Ingress"};
inline constexpr Resource kIngressClasses{"networking.k8s.io", "v1", "ingressclasses", "IngressClass", false};
inline constexpr Resource kHttpRoutes{"gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute"};
inline constexpr Resource kVirtualServices{"networking.istio.io", "v1beta1", "virtualservices",
                                           "VirtualService"};
inline constexpr Resource kScaledObjects{"keda.sh", "v1alpha1", "scaledobjects", "ScaledObject"};
inline constexpr Resource kOpenTelemetryCollectors{"opentelemetry.io", "v1beta1", "opentelemetrycollectors",
                                                   "OpenTelemetryCollector"};
inline constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};
inline constexpr Resource kEndpointSlices{"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"};
inline constexpr Resource kMutatingWebhookConfigurations{"admissionregistration.k8s.io", "v1",
                                                         "mutatingwebhookconfigurations",
                                                         "MutatingWebhookConfiguration", false};
inline constexpr Resource kValidatingWebhookConfigurations{"admissionregistration.k8s.io", "v1",
                                                           "validatingwebhookconfigurations",
                                                           "ValidatingWebhookConfiguration", false};
inline constexpr Resource kCustomResourceDefinitions{
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false};
inline constexpr Resource kSelfSubjectAccessReviews{"authorization.k8s.io", "v1", "selfsubjectaccessreviews",
                                                    "SelfSubjectAccessReview", false};
inline constexpr Resource kInferenceServices{"serving.kserve.io", "v1beta1", "inferenceservices",
                                             "InferenceService"};
inline constexpr Resource kServingRuntimes{"serving.kserve.io", "v1alpha1", "servingruntimes",
                                           "ServingRuntime"};
inline constexpr Resource kClusterServingRuntimes{"serving.kserve.io", "v1alpha1", "clusterservingruntimes",
                                                  "ClusterServingRuntime", false};
inline constexpr Resource kClusterStorageContainers{
    "serving.kserve.io", "v1alpha1", "clusterstoragecontainers", "ClusterStorageContainer", false};
inline constexpr Resource kLocalModelCaches{"serving.kserve.io", "v1alpha1", "localmodelcaches",
                                            "LocalModelCache", false};
inline constexpr Resource kLocalModelNamespaceCaches{"serving.kserve.io", "v1alpha1",
                                                     "localmodelnamespacecaches", "LocalModelNamespaceCache"};

/// Escapes `text` for a path or a query.
std::string percent_encoded(std::string_view text);

/// All of the above.
std::span<const Resource* const> known_resources();

/// The resource of a kind that admission may look up (spec/facts.h), or nullptr.
const Resource* resource_of_kind(std::string_view kind);

}  // namespace modelgate::kube
