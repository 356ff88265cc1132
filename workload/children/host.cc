// SPDX-License-Identifier: Apache-2.0
#include "workload/children/host.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/names.h"
#include "spec/text/ascii.h"
#include "spec/text/utf8.h"
#include "workload/children/template.h"

namespace modelgate::workload {
namespace {

TemplateValues values_for(const ServiceBuild& build, std::string_view name) {
  return {.name = name,
          .namespace_ = build.namespace_,
          .labels = build.labels,
          .annotations = build.annotations,
          .ingress_domain = build.configuration.ingress.ingress_domain,
          .strict = build.strict()};
}

/// Templates may copy long annotations.
std::string shown(std::string_view text) {
  constexpr std::size_t kMaxBytes = 256;
  return text::truncate(text, kMaxBytes);
}

/// What a Gateway accepts as a prefix.
bool is_plain_path(std::string_view path) {
  const auto is_plain = [](char c) {
    return text::is_letter(c) || text::is_digit(c) || std::string_view("-._~!$&'()*+,;=:@/").contains(c);
  };
  if (!std::ranges::all_of(path, is_plain)) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return false;
    path.remove_prefix(segment.size());
  }
  return true;
}

}  // namespace

std::expected<std::string, std::string> host_of(const ServiceBuild& build, std::string_view name) {
  std::size_t budget = spec::kMaxExpandedBytes;
  auto host = resolve_template(build.configuration.ingress.domain_template, values_for(build, name), budget);
  if (!host) return std::unexpected(fmt::format("domainTemplate: {}", host.error()));
  if (const auto problem = spec::check_dns1123_subdomain(*host))
    return std::unexpected(fmt::format("the host \"{}\" {}", shown(*host), *problem));
  // Kubernetes rejects a host without a domain.
  const std::size_t dot = host->find('.');
  if (dot == std::string::npos)
    return std::unexpected(fmt::format("the host \"{}\" must have a domain", shown(*host)));
  for (std::size_t start = 0; start != std::string::npos;) {
    const std::size_t end = host->find('.', start);
    const std::string_view part =
        std::string_view(*host).substr(start, end == std::string::npos ? end : end - start);
    if (const auto problem = spec::check_dns1123_label(part))
      return std::unexpected(
          fmt::format("the part \"{}\" of the host \"{}\" {}", shown(part), shown(*host), *problem));
    start = end == std::string::npos ? end : end + 1;
  }
  return host;
}

std::vector<std::string> additional_hosts(const ServiceBuild& build, std::string_view host) {
  std::vector<std::string> out;
  const auto& ingress = build.configuration.ingress;
  if (!host.ends_with(ingress.ingress_domain)) return out;
  const std::string_view prefix = host.substr(0, host.size() - ingress.ingress_domain.size());
  if (prefix.empty()) return out;
  for (const std::string& domain : ingress.additional_ingress_domains) {
    std::string other = fmt::format("{}{}", prefix, domain);
    if (spec::check_dns1123_subdomain(other) || other == host || std::ranges::find(out, other) != out.end())
      continue;
    out.push_back(std::move(other));
  }
  return out;
}

std::expected<std::string, std::string> path_of(const ServiceBuild& build) {
  const std::string& path_template = build.configuration.ingress.path_template;
  if (path_template.empty()) return std::string();
  std::size_t budget = spec::kMaxExpandedBytes;
  auto path = resolve_template(path_template, values_for(build, build.name), budget);
  if (!path) return std::unexpected(fmt::format("pathTemplate: {}", path.error()));
  if (!path->starts_with('/') || path->starts_with("//"))
    return std::unexpected(
        fmt::format("pathTemplate: \"{}\" must be a path without scheme and host", shown(*path)));
  if (path->ends_with('/')) path->pop_back();
  if (build.strict() && !is_plain_path(*path))
    return std::unexpected(
        fmt::format("pathTemplate: \"{}\" must consist of letters, digits and the characters "
                    "-._~!$&'()*+,;=:@/, without the segments \"\", \".\" and \"..\"",
                    shown(*path)));
  return path;
}

}  // namespace modelgate::workload
