// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/storage_uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "workload/objects/sha256.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kSeparator = "://";
constexpr std::string_view kPvc = "pvc://";
constexpr std::string_view kOci = "oci://";
constexpr std::string_view kOciWithMode = "oci+";

/// What comes first behind a scheme, and has to be there.
struct Scheme {
  std::string_view prefix;
  std::string_view first;
};
constexpr std::array<Scheme, 9> kFirst = {{{"s3://", "bucket"},
                                           {"gs://", "bucket"},
                                           {"pvc://", "PersistentVolumeClaim"},
                                           {"hf://", "repository"},
                                           {"http://", "host"},
                                           {"https://", "host"},
                                           {"oci://", "image"},
                                           {"oci+native://", "image"},
                                           {"oci+modelcar://", "image"}}};

bool has_blank(std::string_view uri) {
  return std::ranges::any_of(uri, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
}

bool leaves_its_folder(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace

std::optional<PvcUri> parse_pvc_uri(std::string_view uri) {
  if (!uri.starts_with(kPvc)) return std::nullopt;
  uri.remove_prefix(kPvc.size());
  const std::size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return PvcUri{.claim = uri, .path = {}};
  return PvcUri{.claim = uri.substr(0, slash), .path = uri.substr(slash + 1)};
}

std::optional<OciUri> parse_oci_uri(std::string_view uri) {
  if (uri.starts_with(kOci)) return OciUri{.mode = {}, .image = uri.substr(kOci.size())};
  if (!uri.starts_with(kOciWithMode)) return std::nullopt;
  uri.remove_prefix(kOciWithMode.size());
  const std::size_t end = uri.find(kSeparator);
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  return OciUri{.mode = uri.substr(0, end), .image = uri.substr(end + kSeparator.size())};
}

std::string local_model_uri(std::string_view uri, std::string_view cached_uri, std::string_view claim) {
  std::string_view below = uri;
  if (below.starts_with(cached_uri)) below.remove_prefix(cached_uri.size());
  return fmt::format("pvc://{}/models/{}{}{}", claim, sha256_hex(cached_uri).substr(0, 16),
                     below.starts_with('/') ? "" : "/", below);
}

std::optional<UriProblem> check_storage_uri(std::string_view uri) {
  using enum spec::ErrorType;
  if (uri.empty()) return UriProblem{kRequired, "must be a URI such as s3://bucket/model"};
  if (uri.size() > kMaxStorageUriBytes) {
    return UriProblem{kTooLong, fmt::format("must be at most {} bytes", kMaxStorageUriBytes)};
  }
  if (has_blank(uri)) return UriProblem{kInvalid, "must not have blanks or control characters"};
  const std::size_t separator = uri.find(kSeparator);
  if (separator == std::string_view::npos || separator == 0) {
    return UriProblem{kInvalid, "must begin with a scheme, as in s3://bucket/model or pvc://claim/model"};
  }
  const std::string_view rest = uri.substr(separator + kSeparator.size());
  const auto scheme =
      std::ranges::find_if(kFirst, [&](const Scheme& s) { return uri.starts_with(s.prefix); });
  if (scheme != kFirst.end() && (rest.empty() || rest.front() == '/')) {
    return UriProblem{kInvalid, fmt::format("must name a {} behind {}", scheme->first, scheme->prefix)};
  }
  if (leaves_its_folder(rest)) return UriProblem{kInvalid, "must not have .. as a part of its path"};
  return std::nullopt;
}

std::string shown_uri(std::string_view uri) {
  const std::size_t separator = uri.find(kSeparator);
  if (separator == std::string_view::npos) return std::string(uri.substr(0, uri.find('?')));
  std::string_view rest = uri.substr(separator + kSeparator.size());
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t at = rest.substr(0, rest.find('/')).rfind('@');
  if (at != std::string_view::npos && !uri.starts_with("oci")) rest.remove_prefix(at + 1);
  return fmt::format("{}{}", uri.substr(0, separator + kSeparator.size()), rest);
}

}  // namespace modelgate::workload
