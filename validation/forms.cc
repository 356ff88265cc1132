// SPDX-License-Identifier: Apache-2.0
#include "validation/forms.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "spec/text/ascii.h"

namespace modelgate::validation {
namespace {

using spec::NameProblem;

bool has_parent_directory(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

bool all(std::string_view text, bool (*allowed)(char)) {
  return std::ranges::all_of(text, allowed);
}

bool is_lower_or_digit(char c) {
  return text::is_lower(c) || text::is_digit(c);
}

// Images

constexpr std::size_t kMaxTagBytes = 128;

bool is_tag(std::string_view tag) {
  const auto allowed = [](char c) { return text::is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; };
  return !tag.empty() && tag.size() <= kMaxTagBytes && tag.front() != '.' && tag.front() != '-' &&
         all(tag, allowed);
}

/// `algorithm:hex`
bool is_digest(std::string_view digest) {
  const std::size_t colon = digest.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const std::string_view hex = digest.substr(colon + 1);
  const auto is_hex = [](char c) { return text::is_digit(c) || (c >= 'a' && c <= 'f'); };
  return hex.size() >= 32 && all(hex, is_hex);
}

/// Lower case, digits, and separators between them: `.`, `_`, `__` or any number of `-`.
bool is_repository_part(std::string_view part) {
  const auto allowed = [](char c) { return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-'; };
  return !part.empty() && all(part, allowed) && is_lower_or_digit(part.front()) &&
         is_lower_or_digit(part.back()) && part.find("..") == std::string_view::npos &&
         part.find("___") == std::string_view::npos;
}

/// Docker's rule for which first part is a registry.
bool is_registry(std::string_view first) {
  return first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
         std::ranges::any_of(first, text::is_upper);
}

bool is_host(std::string_view host) {
  const auto allowed = [](char c) {
    return text::is_alphanumeric(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  };
  return !host.empty() && all(host, allowed);
}

bool is_repository(std::string_view name) {
  const std::size_t first_slash = name.find('/');
  if (first_slash != std::string_view::npos && is_registry(name.substr(0, first_slash))) {
    if (!is_host(name.substr(0, first_slash))) return false;
    name.remove_prefix(first_slash + 1);
  }
  while (true) {
    const std::size_t slash = name.find('/');
    if (!is_repository_part(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

NameProblem check_path_stays_below(std::string_view path) {
  if (has_parent_directory(path)) return "must not have \"..\" as a part";
  return std::nullopt;
}

NameProblem check_relative_path(std::string_view path) {
  if (path.starts_with('/')) return "must be a relative path";
  return check_path_stays_below(path);
}

NameProblem check_projected_path(std::string_view path) {
  if (const auto problem = check_relative_path(path)) return problem;
  if (path.starts_with("..")) return "must not begin with \"..\"";
  return std::nullopt;
}

NameProblem check_absolute_path(std::string_view path) {
  if (!path.starts_with('/')) return "must be an absolute path";
  return std::nullopt;
}

NameProblem check_ip_address(std::string_view text) {
  std::array<unsigned char, 16> bytes{};
  const std::string terminated(text);
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1 ||
      inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1)
    return std::nullopt;
  return "must be an IP address";
}

NameProblem check_http_header(std::string_view name) {
  const auto allowed = [](char c) { return text::is_alphanumeric(c) || c == '-'; };
  if (name.empty() || !all(name, allowed)) return "must consist of letters, digits and '-'";
  return std::nullopt;
}

NameProblem check_sysctl(std::string_view name) {
  if (name.size() > spec::kMaxSubdomainBytes) return "must be no more than 253 bytes";
  const auto allowed = [](char c) { return is_lower_or_digit(c) || c == '-' || c == '_'; };
  while (true) {
    const std::size_t end = name.find_first_of("./");
    const std::string_view part = name.substr(0, end);
    if (part.empty() || !all(part, allowed) || !is_lower_or_digit(part.front()) ||
        !is_lower_or_digit(part.back()))
      return "must consist of parts in lower case that are joined by '.' or '/'";
    if (end == std::string_view::npos) return std::nullopt;
    name.remove_prefix(end + 1);
  }
}

NameProblem check_driver_name(std::string_view name) {
  if (name.size() > spec::kMaxLabelBytes) return "must be no more than 63 bytes";
  return spec::check_dns1123_subdomain(text::lowercase(name));
}

NameProblem check_search_domain(std::string_view domain) {
  if (domain == ".") return std::nullopt;
  if (domain.ends_with('.')) domain.remove_suffix(1);
  std::string plain(domain);
  std::ranges::replace(plain, '_', 'a');
  return spec::check_dns1123_subdomain(plain);
}

NameProblem check_image(std::string_view image) {
  if (image.front() == ' ' || image.back() == ' ') return "must not begin or end with a blank";
  std::string_view name = image;
  if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
    if (!is_digest(name.substr(at + 1)))
      return "must have a digest of the form sha256:{64 hexadecimal digits} after '@'";
    name = name.substr(0, at);
  }
  const std::size_t colon = name.rfind(':');
  if (colon != std::string_view::npos && name.find('/', colon) == std::string_view::npos) {
    if (!is_tag(name.substr(colon + 1)))
      return "must have a tag of letters, digits, '_', '.' and '-', at most 128, after ':'";
    name = name.substr(0, colon);
  }
  if (!is_repository(name))
    return "must have the form [registry/]repository[:tag][@digest], with a repository in lower case";
  return std::nullopt;
}

}  // namespace modelgate::validation
