// SPDX-License-Identifier: Apache-2.0
#include "spec/tracing.h"

#include <algorithm>
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

/// As in Go, where KServe parses the URL: digits, or none as in "http://host:/".
bool is_port(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether each `%` begins two hexadecimal digits.
bool has_valid_escapes(std::string_view text) {
  for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    const std::string_view code = text.substr(i + 1, 2);
    if (code.size() < 2 || code.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
      return false;
  }
  return true;
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

/// Host and port of what follows "://".
std::string_view authority_of(std::string_view rest) {
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t at = rest.rfind('@');
  return at == std::string_view::npos ? rest : rest.substr(at + 1);
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
  const std::string_view before_query = rest->substr(0, rest->find('?'));
  return has_valid_escapes(before_query) && is_host_and_port(authority_of(*rest));
}

std::optional<std::string_view> port_of(std::string_view url) {
  const std::size_t slashes = url.find("://");
  if (slashes == std::string_view::npos) return std::nullopt;
  const std::string_view authority = authority_of(url.substr(slashes + 3));
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos)
    return std::nullopt;
  return authority.substr(colon + 1);
}

}  // namespace modelgate::spec
