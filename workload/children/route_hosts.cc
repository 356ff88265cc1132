// SPDX-License-Identifier: Apache-2.0
#include "workload/children/route_hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "spec/names.h"
#include "workload/children/host.h"
#include "workload/children/route_kind.h"
#include "workload/children/template.h"

namespace modelgate::workload {
namespace {

/// Stand for the name and the namespace in the expanded template. No host has them.
constexpr std::string_view kName = "\x01";
constexpr std::string_view kNamespace = "\x02";

/// A host with kName and kNamespace, divided at both.
struct Pattern {
  std::string_view before, between, after;
  bool name_first = true;
};

std::optional<Pattern> divided(std::string_view pattern) {
  const std::size_t name = pattern.find(kName);
  const std::size_t ns = pattern.find(kNamespace);
  if (name == std::string_view::npos || ns == std::string_view::npos) return std::nullopt;
  if (pattern.find(kName, name + 1) != std::string_view::npos ||
      pattern.find(kNamespace, ns + 1) != std::string_view::npos)
    return std::nullopt;
  const auto [first, second] = std::minmax(name, ns);
  return Pattern{pattern.substr(0, first), pattern.substr(first + 1, second - first - 1),
                 pattern.substr(second + 1), name < ns};
}

/// The name of the service with a component of this name, and the service of this name.
void add_names(std::string_view name, std::string_view ns, const ServiceBuild& build, std::size_t limit,
               std::vector<spec::ObjectKey>& out) {
  constexpr std::array<std::string_view, 4> kSuffixes = {"", "-predictor", "-transformer", "-explainer"};
  for (const std::string_view suffix : kSuffixes) {
    if (!name.ends_with(suffix)) continue;
    const std::string_view service = name.substr(0, name.size() - suffix.size());
    if (spec::check_dns1123_label(service) || spec::check_dns1123_label(ns)) continue;
    if (service == build.name && ns == build.namespace_) continue;
    if (out.size() < limit) out.push_back({"InferenceService", std::string(ns), std::string(service)});
  }
}

}  // namespace

std::vector<std::string> claimed_hosts(const spec::Value& service, const ServiceContext& context,
                                       spec::Arena& arena) {
  std::vector<std::string> out;
  const ServiceBuild build(service, context, arena);
  const RouteKind kind = route_kind(build);
  if (kind == RouteKind::kNone || build.stopped()) return out;
  const auto spec = build.service.spec();
  const auto add = [&](const std::string& name) {
    auto host = host_of(build, name);
    if (host && std::ranges::find(out, *host) == out.end()) out.push_back(std::move(*host));
  };
  add(build.name);
  const std::vector<std::string> more = out.empty() ? out : additional_hosts(build, out.front());
  add(kind == RouteKind::kHttpRoute ? build.predictor({}) : build.predictor());
  if (spec.transformer()) add(build.transformer());
  if (spec.explainer()) add(build.explainer());
  out.insert(out.end(), more.begin(), more.end());
  const auto path = path_of(build);
  if (splits_traffic(kind) && path && !path->empty())
    out.push_back(build.configuration.ingress.ingress_domain + *path);
  return out;
}

std::optional<std::string> claimed_host(const ServiceBuild& build) {
  const RouteKind kind = route_kind(build);
  if (kind == RouteKind::kNone || build.stopped()) return std::nullopt;
  if (auto host = host_of(build, build.name)) return std::move(*host);
  // Rare: the name makes no host, that of a component does.
  const std::vector<std::string> hosts = claimed_hosts(*build.service.value(), build.context, build.arena);
  return hosts.empty() ? std::nullopt : std::optional(hosts.front());
}

std::vector<spec::ObjectKey> services_with_host(const ServiceBuild& build, std::string_view host,
                                                std::size_t limit) {
  std::vector<spec::ObjectKey> out;
  std::size_t budget = spec::kMaxExpandedBytes;
  const auto expanded = resolve_template(build.configuration.ingress.domain_template,
                                         {.name = kName,
                                          .namespace_ = kNamespace,
                                          .labels = build.labels,
                                          .annotations = build.annotations,
                                          .ingress_domain = build.configuration.ingress.ingress_domain},
                                         budget);
  const auto pattern = expanded ? divided(*expanded) : std::nullopt;
  if (!pattern || !host.starts_with(pattern->before) || !host.ends_with(pattern->after)) return out;
  if (host.size() < pattern->before.size() + pattern->after.size()) return out;
  const std::string_view both =
      host.substr(pattern->before.size(), host.size() - pattern->before.size() - pattern->after.size());
  for (std::size_t at = both.find(pattern->between); at != std::string_view::npos && at < both.size();
       at = both.find(pattern->between, at + 1)) {
    std::string_view name = both.substr(0, at);
    std::string_view ns = both.substr(at + pattern->between.size());
    if (!pattern->name_first) std::swap(name, ns);
    add_names(name, ns, build, limit, out);
  }
  return out;
}

bool is_taken(ServiceBuild& build, const std::string& host, std::string_view kind, std::string_view object) {
  const std::string_view owner = build.host_owner(host);
  if (owner.empty()) return false;
  const std::string text = fmt::format(
      "would have the host \"{}\", which the InferenceService {} already has: another name is needed", host,
      owner);
  const spec::FieldPath path = spec::FieldPath{} / "metadata" / "name";
  if (!object.empty()) build.wanted.released.push_back({std::string(kind), std::string(object)});
  if (object == build.name) {
    build.fatal(kIngress, kHostTaken, path, text);
  } else {
    build.notice(kIngress, kHostTaken, path, text);
  }
  return true;
}

}  // namespace modelgate::workload
