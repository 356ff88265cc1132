// SPDX-License-Identifier: Apache-2.0
#include "validation/child_annotations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "spec/json.h"
#include "validation/forms.h"

namespace modelgate::validation {
namespace {

using spec::StringMapView;

using Words = std::string_view;

constexpr Words kIngressClass = "kubernetes.io/ingress.class";
constexpr Words kVisibility = "networking.kserve.io/visibility";
constexpr Words kClusterLocal = "cluster-local";
constexpr Words kTopologyMode = "service.kubernetes.io/topology-mode";
constexpr Words kTopologyHints = "service.kubernetes.io/topology-aware-hints";
constexpr Words kAppArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
constexpr Words kSeccompPrefix = "container.seccomp.security.alpha.kubernetes.io/";

/// What is allowed, or nothing for a valid value.
using Problem = std::optional<std::string>;

Problem check_source_ranges(Words) {
  return "must not be set: the Services of a service are of type ClusterIP";
}

Problem check_mirror(Words) {
  return "must not be set: it marks a Pod of a kubelet";
}

Problem check_deletion_cost(Words value) {
  std::int32_t cost = 0;
  const Words digits = value.starts_with('+') ? value.substr(1) : value;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), cost);
  if (error == std::errc{} && end == digits.data() + digits.size() && !value.empty()) return std::nullopt;
  return "must be an integer of 32 bits";
}

Problem check_tolerations(Words value) {
  if (value.empty()) return std::nullopt;
  spec::Arena arena;
  const auto parsed = spec::parse_json(value, arena);
  if (parsed && parsed->IsArray()) return std::nullopt;
  return "must be a JSON array of tolerations";
}

Problem check_seccomp(Words value) {
  constexpr Words kLocal = "localhost/";
  if (value == "runtime/default" || value == "docker/default" || value == "unconfined") return std::nullopt;
  if (value.starts_with(kLocal) && !check_relative_path(value.substr(kLocal.size()))) return std::nullopt;
  return "must be runtime/default, unconfined or localhost/{path}";
}

Problem check_app_armor(Words value) {
  if (value.empty() || value == "runtime/default" || value == "unconfined" || value.starts_with("localhost/"))
    return std::nullopt;
  return "must be runtime/default, unconfined or localhost/{profile}";
}

struct Row {
  Words key;
  bool prefix = false;  // `key` is followed by the name of a container
  Problem (*check)(Words value) = nullptr;
};

constexpr auto kRows = std::to_array<Row>({
    {"service.beta.kubernetes.io/load-balancer-source-ranges", false, check_source_ranges},
    {"kubernetes.io/config.mirror", false, check_mirror},
    {"controller.kubernetes.io/pod-deletion-cost", false, check_deletion_cost},
    {"scheduler.alpha.kubernetes.io/tolerations", false, check_tolerations},
    {"seccomp.security.alpha.kubernetes.io/pod", false, check_seccomp},
    {kSeccompPrefix, true, check_seccomp},
    {kAppArmorPrefix, true, check_app_armor},
});

void check_map(const StringMapView& annotations, const LazyPath& at, Report& report) {
  annotations.for_each([&](Words key, Words value) {
    for (const Row& row : kRows) {
      if (row.prefix ? !key.starts_with(row.key) : key != row.key) continue;
      if (auto problem = row.check(value)) report.add(invalid(at.key(key), value, std::move(*problem)));
    }
  });
  const auto mode = annotations.get(kTopologyMode);
  const auto hints = annotations.get(kTopologyHints);
  if (mode && hints && *mode != *hints)
    report.add(
        invalid(at.key(kTopologyMode), *mode, fmt::format("must equal the annotation {}", kTopologyHints)));
}

/// Whether the service gets an Ingress, and not a route of another kind.
bool has_ingress(const Service& s) {
  const spec::IngressConfiguration& ingress = s.configuration().ingress;
  return s.standard() && !ingress.disable_ingress_creation && !ingress.enable_gateway_api &&
         s.metadata().labels().get(kVisibility) != kClusterLocal;
}

/// The API server compares both when an Ingress is created.
void check_ingress_class(const Service& s, Report& report) {
  const auto annotated = s.metadata().annotations().get(kIngressClass);
  const auto& configured = s.configuration().ingress.ingress_class_name;
  if (!annotated || !configured || *annotated == *configured || !has_ingress(s)) return;
  report.add(invalid(s.annotations_at().key(kIngressClass), *annotated,
                     fmt::format("must be {}, the ingressClassName of the configuration, or be removed",
                                 spec::quote(*configured))));
}

}  // namespace

void check_child_annotations(const Service& s, Report& report) {
  if (!s.standard()) return;
  check_ingress_class(s, report);
  check_map(s.metadata().annotations(), s.annotations_at(), report);
  for (const Component& c : s.components()) check_map(c.view.annotations(), c.at / "annotations", report);
}

void check_runtime_child_annotations(const RuntimeObject& r, Report& report) {
  check_map(r.spec().object<StringMapView>("annotations"), r.spec_at() / "annotations", report);
}

}  // namespace modelgate::validation
