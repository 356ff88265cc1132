// SPDX-License-Identifier: Apache-2.0
#include "validation/downward_fields.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "spec/names.h"
#include "spec/quantity.h"
#include "spec/text/ascii.h"

namespace modelgate::validation {
namespace {

using Words = std::string_view;

constexpr auto kOfVariables =
    std::to_array<Words>({"metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels['key']",
                          "metadata.annotations['key']", "spec.nodeName", "spec.serviceAccountName",
                          "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"});
constexpr auto kOfVolumes =
    std::to_array<Words>({"metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels",
                          "metadata.annotations", "metadata.labels['key']", "metadata.annotations['key']"});
constexpr auto kResources =
    std::to_array<Words>({"limits.cpu", "limits.memory", "limits.ephemeral-storage", "requests.cpu",
                          "requests.memory", "requests.ephemeral-storage"});
constexpr auto kHugePages = std::to_array<Words>({"limits.hugepages-", "requests.hugepages-"});
constexpr auto kCpuDivisors = std::to_array<Words>({"1", "1m"});
constexpr auto kByteDivisors =
    std::to_array<Words>({"1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"});

/// The key of `metadata.labels['key']`; nothing for other fields.
std::optional<Words> key_of(Words path, Words map) {
  if (!path.starts_with(map)) return std::nullopt;
  path.remove_prefix(map.size());
  if (!path.starts_with("['") || !path.ends_with("']") || path.size() < 4) return std::nullopt;
  return path.substr(2, path.size() - 4);
}

bool one_of(Words word, std::span<const Words> words) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

void check_field_ref(const spec::ObjectView& ref, FieldUser user, const LazyPath& at, Report& report) {
  if (!ref) return;
  const Words version = ref.string("apiVersion");
  if (!version.empty() && version != "v1") report.add(invalid(at / "apiVersion", version, "must be v1"));
  const Words path = ref.string("fieldPath");
  if (path.empty()) return report.add(required(at / "fieldPath", "the field of the Pod"));
  const auto label = key_of(path, "metadata.labels");
  const auto annotation = key_of(path, "metadata.annotations");
  if (label || annotation) {
    const auto problem = spec::check_qualified_name(label ? *label : text::lowercase(*annotation));
    if (problem) report.add(invalid(at / "fieldPath", path, std::string(*problem)));
    return;
  }
  const std::span<const Words> known =
      user == FieldUser::kVolume ? std::span<const Words>(kOfVolumes) : std::span<const Words>(kOfVariables);
  if (!one_of(path, known)) report.add(not_supported(at / "fieldPath", path, known));
}

void check_resource_ref(const spec::ObjectView& ref, FieldUser user, const LazyPath& at, Report& report) {
  if (!ref) return;
  if (user == FieldUser::kVolume && ref.string("containerName").empty())
    report.add(required(at / "containerName", "the container whose resource it is"));
  const Words resource = ref.string("resource");
  if (resource.empty()) return report.add(required(at / "resource", "for example limits.cpu"));
  const bool huge = std::ranges::any_of(kHugePages, [&](Words p) { return resource.starts_with(p); });
  if (!huge && !one_of(resource, kResources))
    return report.add(not_supported(at / "resource", resource, kResources));
  const spec::Value* divisor = ref.field("divisor");
  if (!divisor) return;
  const auto quantity = spec::Quantity::parse(*divisor);
  if (!quantity) return report.add(invalid(at / "divisor", *divisor, quantity.error()));
  const std::span<const Words> known = resource.ends_with(".cpu") ? std::span<const Words>(kCpuDivisors)
                                                                  : std::span<const Words>(kByteDivisors);
  const std::string text = quantity->canonical();
  if (!quantity->is_zero() && !one_of(text, known)) report.add(not_supported(at / "divisor", text, known));
}

}  // namespace modelgate::validation
