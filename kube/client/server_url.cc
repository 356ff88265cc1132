// SPDX-License-Identifier: Apache-2.0
#include "kube/client/server_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "spec/text/ascii.h"

namespace modelgate::kube {
namespace {

/// DNS names and IP addresses, without the brackets of an IPv6 address.
bool is_host(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return text::is_alphanumeric(c) || c == '-' || c == '.' || c == ':' || c == '_' || c == '%';
  });
}

bool is_port(std::string_view port) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  return error == std::errc() && end == port.data() + port.size() && value > 0;
}

bool is_path(std::string_view path) {
  return std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7f && c != '?' && c != '#'; });
}

}  // namespace

std::expected<ServerUrl, std::string> read_server_url(std::string_view text, bool has_tls_settings) {
  ServerUrl url{.tls = has_tls_settings};
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    const std::string_view name = text.substr(0, scheme);
    if (name != "https" && name != "http") return std::unexpected("its scheme must be https or http");
    url.tls = name == "https";
    text.remove_prefix(scheme + 3);
  }
  const auto slash = std::min(text.find('/'), text.size());
  std::string_view path = text.substr(slash);
  std::string_view authority = text.substr(0, slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!is_path(path)) return std::unexpected("its path must be plain, without a query");
  url.base_path = path;
  url.port = url.tls ? "443" : "80";
  std::string_view host = authority;
  if (const auto bracket = authority.find(']');
      authority.starts_with('[') && bracket != std::string_view::npos) {
    host = authority.substr(1, bracket - 1);
    authority.remove_prefix(bracket + 1);
    if (!authority.empty() && !authority.starts_with(':'))
      return std::unexpected("its port must follow a colon");
    if (!authority.empty()) url.port = authority.substr(1);
  } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    url.port = authority.substr(colon + 1);
    if (host.contains(':') || url.port.contains(':'))
      return std::unexpected("an IPv6 address must be in brackets");
  }
  if (!is_host(host)) return std::unexpected("its host must be a DNS name or an IP address");
  if (!is_port(url.port)) return std::unexpected("its port must be a number from 1 to 65535");
  url.host = host;
  return url;
}

std::string host_and_port(std::string_view host, std::string_view port) {
  const bool v6 = host.contains(':');
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

}  // namespace modelgate::kube
