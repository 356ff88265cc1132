// SPDX-License-Identifier: Apache-2.0
#include "spec/storage_uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "spec/names.h"
#include "spec/spelling.h"
#include "spec/storage_containers.h"
#include "spec/text/ascii.h"

namespace modelgate::spec {
namespace {

using Credentials = StorageCredentials;
using Fetcher = StorageFetcher;

/// KServe v0.20's own schemes.
constexpr std::array<StorageScheme, 13> kSchemes = {{
    {.prefix = "gs://", .first = "bucket", .credentials = {Credentials::kGcs}},
    {.prefix = "s3://", .first = "bucket", .credentials = {Credentials::kS3}, .storage_type = true},
    {.prefix = "pvc://", .first = "PersistentVolumeClaim", .fetcher = Fetcher::kClaim, .multi_node = true},
    {.prefix = "file://", .first = ""},
    {.prefix = "https://",
     .first = "host",
     .credentials = {Credentials::kHttps, Credentials::kAzure},
     .has_query = true},
    {.prefix = "http://", .first = "host", .credentials = {Credentials::kHttps}, .has_query = true},
    {.prefix = "hdfs://", .first = "", .credentials = {Credentials::kHdfs}, .storage_type = true},
    {.prefix = "webhdfs://", .first = "", .credentials = {Credentials::kHdfs}, .storage_type = true},
    // The kubelet pulls images, with the Pod's imagePullSecrets.
    {.prefix = "oci://", .first = "image", .fetcher = Fetcher::kImage, .multi_node = true},
    {.prefix = "oci+native://", .first = "image", .fetcher = Fetcher::kImage},
    {.prefix = "oci+modelcar://", .first = "image", .fetcher = Fetcher::kImage},
    {.prefix = "oci+fetch://", .first = "image", .fetcher = Fetcher::kImage},
    {.prefix = "hf://", .first = "repository", .credentials = {Credentials::kHuggingFace}},
}};

constexpr std::size_t kStorageTypes = std::ranges::count_if(kSchemes, &StorageScheme::storage_type);
constexpr std::array<std::string_view, kStorageTypes> of_storage_types(auto of) {
  std::array<std::string_view, kStorageTypes> out;
  std::size_t n = 0;
  for (const StorageScheme& s : kSchemes) {
    if (s.storage_type) out[n++] = of(s);
  }
  return out;
}
constexpr auto kTypePrefixes = of_storage_types([](const StorageScheme& s) { return s.prefix; });
constexpr auto kTypeNames = of_storage_types([](const StorageScheme& s) { return s.name(); });

constexpr std::string_view kSeparator = "://";
constexpr std::string_view kPvc = "pvc://";
constexpr std::string_view kHuggingFace = "hf://";
constexpr std::string_view kOci = "oci://";
constexpr std::string_view kOciWithMode = "oci+";
constexpr std::string_view kHttps = "https://";
constexpr std::string_view kAzureBlobHost = ".blob.core.windows.net/";

UriProblem invalid(std::string detail) {
  return {ErrorType::kInvalid, std::move(detail)};
}

bool is_blank_or_control(char c) {
  return c == ' ' || text::is_control(c);
}

bool has_parent_directory(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
  return false;
}

/// KServe reads a URI as a path where no letter, digit or underscore precedes "://".
bool has_scheme(std::string_view uri, std::size_t separator) {
  if (separator == std::string_view::npos || separator == 0) return false;
  const char c = uri[separator - 1];
  return text::is_alphanumeric(c) || c == '_';
}

/// Each Azure account has a host: https://{account}.blob.core.windows.net/{container}/...
bool has_azure_form(std::string_view uri) {
  const std::size_t start = uri.find(kHttps);
  if (start == std::string_view::npos) return false;
  const std::size_t host = uri.find(kAzureBlobHost, start + kHttps.size() + 1);
  return host != std::string_view::npos && uri.size() > host + kAzureBlobHost.size();
}

/// The table's prefixes, and those that ClusterStorageContainers support.
std::vector<std::string_view> known_prefixes(const Catalog& catalog) {
  std::vector<std::string_view> known;
  known.reserve(kSchemes.size());
  for (const StorageScheme& s : kSchemes) known.push_back(s.prefix);
  for (const ClusterStorageContainerView& container : catalog.storage_containers()) {
    if (!serves_pods(container)) continue;
    for (const SupportedUriFormatView format : container.spec().supported_uri_formats()) {
      const std::string_view prefix = format.prefix().value_or(std::string_view{});
      if (!prefix.empty() && std::ranges::find(known, prefix) == known.end()) known.push_back(prefix);
    }
  }
  return known;
}

UriProblem unsupported(std::string_view scheme, const Catalog& catalog) {
  const std::vector<std::string_view> known = known_prefixes(catalog);
  std::vector<std::string_view> names;
  names.reserve(known.size());
  for (const std::string_view prefix : known) names.push_back(prefix.substr(0, prefix.find(kSeparator)));
  const auto near = nearest(scheme, names);
  return {
      ErrorType::kNotSupported,
      fmt::format("nothing fetches models from there; supported are {}, and paths{}", fmt::join(known, ", "),
                  near ? fmt::format(" (did you mean {}://?)", *near) : std::string{})};
}

bool may_be_in_scheme(char c) {
  return text::is_alphanumeric(c) || c == '+' || c == '.' || c == '-';
}

/// KServe reads `s3:/bucket` and `blob:x` as paths; no user means that.
std::optional<UriProblem> check_path(std::string_view path) {
  const std::size_t colon = path.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view before_colon = path.substr(0, colon);
  const auto it = std::ranges::find(kSchemes, before_colon, &StorageScheme::name);
  if (it != kSchemes.end()) return invalid(fmt::format("must begin with {}, with two slashes", it->prefix));
  if (text::is_letter(path.front()) && std::ranges::all_of(before_colon, may_be_in_scheme))
    return invalid("must be a path, or begin with a scheme and \"://\"");
  return std::nullopt;
}

std::optional<UriProblem> check_claim(const PvcUri& uri) {
  if (const auto problem = check_dns1123_subdomain(uri.claim))
    return invalid(
        fmt::format("must name a PersistentVolumeClaim, {}, which {}", quote(uri.claim), *problem));
  if (uri.path.starts_with('/')) return invalid("must have one slash between the claim and the path in it");
  return std::nullopt;
}

/// `hf://organization/model[:revision]`. More parts may be for a ClusterStorageContainer of the user.
std::optional<UriProblem> check_hugging_face(std::string_view rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view model = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  if (!model.empty() && model.front() != ':') return std::nullopt;
  return invalid("must have the form hf://{organization}/{model} or hf://{organization}/{model}:{revision}");
}

std::optional<UriProblem> check_scheme(std::string_view uri, const StorageScheme& scheme, bool supported) {
  const std::string_view rest = uri.substr(scheme.prefix.size());
  if (!scheme.first.empty() && (rest.empty() || rest.front() == '/'))
    return invalid(fmt::format("must name the {} after {}", scheme.first, scheme.prefix));
  if (rest.empty()) return invalid(fmt::format("must name a path after {}", scheme.prefix));
  if (scheme.fetcher == Fetcher::kClaim) return check_claim(*parse_pvc_uri(uri));
  if (scheme.prefix == kHuggingFace) return check_hugging_face(rest);
  const bool azure = uri.contains(kAzureBlobHost.substr(1, kAzureBlobHost.size() - 2));
  if (azure && !supported && !has_azure_form(uri))
    return invalid("must have the form https://{account}.blob.core.windows.net/{container}/{path}");
  return std::nullopt;
}

}  // namespace

std::string_view name_of(StorageCredentials credentials) {
  switch (credentials) {
    case Credentials::kNone:
      return "none";
    case Credentials::kS3:
      return "S3";
    case Credentials::kGcs:
      return "GCS";
    case Credentials::kAzure:
      return "Azure";
    case Credentials::kHttps:
      return "HTTPS";
    case Credentials::kHdfs:
      return "HDFS";
    case Credentials::kHuggingFace:
      return "Hugging Face";
    case Credentials::kModelScope:
      return "ModelScope";
  }
  return {};
}

std::span<const StorageScheme> storage_schemes() {
  return kSchemes;
}

const StorageScheme* find_storage_scheme(std::string_view uri) {
  const auto it =
      std::ranges::find_if(kSchemes, [&](const StorageScheme& s) { return uri.starts_with(s.prefix); });
  return it == kSchemes.end() ? nullptr : &*it;
}

std::span<const std::string_view> storage_type_prefixes() {
  return kTypePrefixes;
}

std::span<const std::string_view> storage_types() {
  return kTypeNames;
}

bool serves_multi_node(std::string_view uri) {
  const std::string_view scheme = uri.substr(0, uri.find(kSeparator));
  const auto it = std::ranges::find(kSchemes, scheme, &StorageScheme::name);
  return it != kSchemes.end() && it->multi_node;
}

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

std::optional<UriProblem> check_storage_uri(std::string_view uri, bool supported, const Catalog& catalog) {
  if (uri.empty())
    return UriProblem{ErrorType::kRequired, "must not be empty; omit the field if there is no model"};
  if (uri.size() > kMaxStorageUriBytes)
    return UriProblem{ErrorType::kTooLong, fmt::format("must be at most {} bytes", kMaxStorageUriBytes)};
  if (std::ranges::any_of(uri, is_blank_or_control))
    return invalid("must not contain blanks or control characters");
  const StorageScheme* scheme = find_storage_scheme(uri);
  const std::size_t separator = uri.find(kSeparator);
  const bool path_only = !has_scheme(uri, separator);
  std::string_view path = path_only ? uri : uri.substr(separator + kSeparator.size());
  if (scheme && scheme->has_query) path = path.substr(0, path.find_first_of("?#"));
  if (has_parent_directory(path)) return invalid("must not have \"..\" as a part of its path");
  if (path_only) return check_path(uri);
  if (scheme) return check_scheme(uri, *scheme, supported);
  return supported ? std::nullopt : std::optional(unsupported(uri.substr(0, separator), catalog));
}

std::string shown_uri(std::string_view uri) {
  const std::size_t end = uri.find_first_of("?#");
  std::string shown(uri.substr(0, end));
  if (end != std::string_view::npos) shown += fmt::format("{}...", uri[end]);
  const std::size_t separator = shown.find(kSeparator);
  if (separator == std::string::npos || parse_oci_uri(uri)) return shown;  // an image's digest follows an '@'
  const std::size_t host = separator + kSeparator.size();
  const std::size_t at = shown.rfind('@', shown.find('/', host));
  if (at != std::string::npos && at > host) shown.replace(host, at - host, "...");
  return shown;
}

}  // namespace modelgate::spec
