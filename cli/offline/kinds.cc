// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "spec/configuration.h"
#include "spec/spelling.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using admission::Endpoint;
using spec::FieldPath;
using spec::ObjectView;

constexpr std::string_view kServing = "serving.kserve.io";
constexpr std::string_view kOldServing = "serving.kubeflow.org";  // KFServing, before KServe
constexpr std::string_view kKustomize = "kustomize.config.k8s.io";
constexpr std::string_view kAlpha = "serving.kserve.io/v1alpha1";
constexpr std::string_view kBeta = "serving.kserve.io/v1beta1";
constexpr std::string_view kCore = "v1";

constexpr MetaRules kNamed{.name = spec::check_dns1123_subdomain, .namespaced = true};
constexpr MetaRules kNamedInCluster{.name = spec::check_dns1123_subdomain, .namespaced = false};

constexpr auto kKnownKinds = std::to_array<KnownKind>({
    {kBeta, "InferenceService", Role::kReviewed, Endpoint::kMutateInferenceService,
     Endpoint::kValidateInferenceService, kNamed},
    {kAlpha, "ServingRuntime", Role::kReviewed, std::nullopt, Endpoint::kValidateServingRuntime, kNamed},
    {kAlpha, "ClusterServingRuntime", Role::kReviewed, std::nullopt, Endpoint::kValidateClusterServingRuntime,
     kNamedInCluster},
    {kCore, "Pod", Role::kReviewed, Endpoint::kMutatePods, std::nullopt, kNamed},
    {kAlpha, "ClusterStorageContainer", Role::kContext, std::nullopt, std::nullopt, kNamedInCluster},
    {kAlpha, "LocalModelCache", Role::kContext, std::nullopt, std::nullopt, kNamedInCluster},
    {kAlpha, "LocalModelNamespaceCache", Role::kContext, std::nullopt, std::nullopt, kNamed},
    {kCore, "Secret", Role::kContext, std::nullopt, std::nullopt, kNamed},
    {kCore, "ServiceAccount", Role::kContext, std::nullopt, std::nullopt, kNamed},
    {kCore, "PersistentVolumeClaim", Role::kContext, std::nullopt, std::nullopt, kNamed},
    {kCore, "ConfigMap", Role::kContext, std::nullopt, std::nullopt, kNamed},
});

/// Kinds of KServe that are other programs' here.
constexpr std::array<std::string_view, 6> kOtherServingKinds = {
    "InferenceGraph",      "TrainedModel",        "LocalModelNode",
    "LocalModelNodeGroup", "LLMInferenceService", "LLMInferenceServiceConfig",
};

/// The other kinds of v1.
constexpr std::array<std::string_view, 12> kOtherCoreKinds = {
    "Binding",       "Endpoints",
    "Event",         "LimitRange",
    "Namespace",     "Node",
    "List",          "PersistentVolume",
    "PodTemplate",   "ReplicationController",
    "ResourceQuota", "Service",
};

std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

bool is_one_of(std::string_view kind, std::span<const std::string_view> kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

/// No API server serves another one.
bool has_valid_form(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  if (slash == std::string_view::npos) return !spec::check_dns1123_label(api_version);
  return !spec::check_dns1123_subdomain(api_version.substr(0, slash)) &&
         !spec::check_dns1123_label(api_version.substr(slash + 1));
}

std::vector<std::string_view> names_in(std::string_view group) {
  std::vector<std::string_view> names;
  for (const KnownKind& k : kKnownKinds) {
    if (group_of(k.api_version) == group) names.push_back(k.kind);
  }
  const auto add = [&](std::span<const std::string_view> others) {
    names.insert(names.end(), others.begin(), others.end());
  };
  group.empty() ? add(kOtherCoreKinds) : add(kOtherServingKinds);
  return names;
}

ObjectKind unknown(spec::FieldError problem) {
  ObjectKind out{.role = Role::kUnknownToCluster, .problems = {}};
  out.problems.push_back(std::move(problem));
  return out;
}

ObjectKind unknown_version(std::string_view api_version, std::string_view right) {
  return unknown(spec::not_supported(FieldPath{} / "apiVersion", api_version, std::array{right}));
}

/// A kind of a group whose kinds are all known.
ObjectKind unknown_kind(std::string_view kind, std::string_view group, std::string_view api_version) {
  const auto near = spec::nearest(kind, names_in(group));
  return unknown(spec::invalid(FieldPath{} / "kind", kind,
                               fmt::format("{} has no such kind{}", api_version,
                                           near ? fmt::format("; did you mean {}?", *near) : "")));
}

/// Only the ConfigMap with the configuration has an effect on reviews.
bool is_other_config_map(const KnownKind& known, const ObjectView& object) {
  return known.kind == "ConfigMap" && object.object("metadata").string("name") != spec::kConfigMapName;
}

}  // namespace

ObjectKind kind_of(const spec::Value& object) {
  const ObjectView view(object);
  const std::string_view api_version = view.string("apiVersion");
  const std::string_view kind = view.string("kind");
  const std::string_view group = group_of(api_version);
  const bool closed_group = group.empty() || group == kServing || group == kOldServing;
  const auto* known = std::ranges::find(kKnownKinds, kind, &KnownKind::kind);
  if (known != kKnownKinds.end() && known->api_version == api_version) {
    return {.role = is_other_config_map(*known, view) ? Role::kSkipped : known->role,
            .known = known,
            .problems = {}};
  }
  if (!has_valid_form(api_version))
    return unknown(
        spec::invalid(FieldPath{} / "apiVersion", api_version,
                      "must be v1, or group/version in lower case, such as serving.kserve.io/v1beta1"));
  if (group == kKustomize) {
    return unknown(spec::invalid(FieldPath{} / "kind", kind,
                                 "is kustomize's own file; run `kubectl kustomize`, and review its output"));
  }
  if (!closed_group) return {};
  if (known != kKnownKinds.end()) return unknown_version(api_version, known->api_version);
  if (group == kServing && is_one_of(kind, kOtherServingKinds)) return {};
  if (api_version == kCore && is_one_of(kind, kOtherCoreKinds)) return {};
  if (is_one_of(kind, kOtherServingKinds)) return unknown_version(api_version, kAlpha);
  if (is_one_of(kind, kOtherCoreKinds)) return unknown_version(api_version, kCore);
  return unknown_kind(kind, group, api_version);
}

}  // namespace modelgate::cli
