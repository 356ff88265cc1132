// SPDX-License-Identifier: Apache-2.0
#include "spec/tracing.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace modelgate::spec {
namespace {

/// The rest of `text` after a scheme, in any case, and "://".
std::optional<std::string_view> without_scheme(std::string_view text, std::string_view scheme) {
  if (text.size() < scheme.size()) return std::nullopt;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (!std::ranges::equal(text.substr(0, scheme.size()), scheme, {}, lower)) return std::nullopt;
  text.remove_prefix(scheme.size());
  if (!text.starts_with("://")) return std::nullopt;
  return text.substr(3);
}

bool is_port(std::string_view text) {
  if (text.empty()) return true;  // as in "http://host:/"
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size();
}

/// `host`, `host:port`, `[address]` or `[address]:port`.
bool is_host_and_port(std::string_view text) {
  if (!text.starts_with('[')) {
    const std::size_t colon = text.find(':');
    const std::string_view host = text.substr(0, colon);
    const bool host_is_valid =
        !host.empty() && host.find_first_of("\"<>[]\\^`{|}%") == std::string_view::npos;
    return host_is_valid && (colon == std::string_view::npos || is_port(text.substr(colon + 1)));
  }
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos || close == 1) return false;
  const std::string_view rest = text.substr(close + 1);
  return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

}  // namespace

bool takes_ratio(std::string_view sampler) {
  return sampler == "traceidratio" || sampler == "parentbased_traceidratio";
}

bool is_http_url(std::string_view text) {
  const bool is_plain = std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c != 0x7f; });
  if (!is_plain) return false;
  const auto rest =
      without_scheme(text, "https") ? without_scheme(text, "https") : without_scheme(text, "http");
  if (!rest) return false;
  std::string_view authority = rest->substr(0, rest->find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  return is_host_and_port(authority);
}

}  // namespace modelgate::spec
