// SPDX-License-Identifier: Apache-2.0
#include "kube/client/resource.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "kube/client/knative_kinds.h"
#include "spec/text/ascii.h"

namespace modelgate::kube {
namespace {

constexpr std::array<const Resource*, 30> kKnown{&kConfigMaps,
                                                 &kSecrets,
                                                 &kServiceAccounts,
                                                 &kServices,
                                                 &kPods,
                                                 &kNamespaces,
                                                 &kPersistentVolumeClaims,
                                                 &kEvents,
                                                 &kDeployments,
                                                 &kReplicaSets,
                                                 &kHorizontalPodAutoscalers,
                                                 &kIngresses,
                                                 &kIngressClasses,
                                                 &kHttpRoutes,
                                                 &kVirtualServices,
                                                 &kKnativeServices,
                                                 &kScaledObjects,
                                                 &kOpenTelemetryCollectors,
                                                 &kLeases,
                                                 &kEndpointSlices,
                                                 &kMutatingWebhookConfigurations,
                                                 &kValidatingWebhookConfigurations,
                                                 &kCustomResourceDefinitions,
                                                 &kSelfSubjectAccessReviews,
                                                 &kInferenceServices,
                                                 &kServingRuntimes,
                                                 &kClusterServingRuntimes,
                                                 &kClusterStorageContainers,
                                                 &kLocalModelCaches,
                                                 &kLocalModelNamespaceCaches};

bool is_unreserved(char c) {
  return text::is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// One segment of a path. Proxies would resolve "." and "..", so their dots are escaped too.
void append_segment(std::string_view segment, std::string& out) {
  out += '/';
  if (segment == "." || segment == "..") {
    for (std::size_t i = 0; i < segment.size(); ++i) out += "%2E";
    return;
  }
  out += percent_encoded(segment);
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string Resource::path(std::string_view ns, std::string_view name, std::string_view subresource) const {
  std::string out =
      group.empty() ? fmt::format("/api/{}", version) : fmt::format("/apis/{}/{}", group, version);
  if (namespaced && !ns.empty()) {
    out += "/namespaces";
    append_segment(ns, out);
  }
  append_segment(plural, out);
  if (!name.empty()) append_segment(name, out);
  if (!name.empty() && !subresource.empty()) append_segment(subresource, out);
  return out;
}

std::string Resource::api_version() const {
  return group.empty() ? std::string(version) : fmt::format("{}/{}", group, version);
}

std::span<const Resource* const> known_resources() {
  return kKnown;
}

const Resource* resource_of_kind(std::string_view kind) {
  const auto* it = std::ranges::find(kKnown, kind, &Resource::kind);
  return it == kKnown.end() ? nullptr : *it;
}

}  // namespace modelgate::kube
