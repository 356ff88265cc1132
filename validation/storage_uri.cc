// SPDX-License-Identifier: Apache-2.0
#include "validation/storage_uri.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <vector>

#include "spec/spelling.h"

namespace modelgate::validation {
namespace {

using spec::ErrorType;

/// What KServe v0.20 serves without a ClusterStorageContainer.
struct Scheme {
  std::string_view prefix;
  std::string_view
      first;  // what comes first behind the prefix and must not be empty; empty: anything may come
};

constexpr std::array<Scheme, 11> kSchemes = {{
    {"gs://", "bucket"},
    {"s3://", "bucket"},
    {"pvc://", "PersistentVolumeClaim"},
    {"file://", ""},
    {"https://", "host"},
    {"http://", "host"},
    {"hdfs://", ""},
    {"webhdfs://", ""},
    {"oci://", "image"},
    {"oci+native://", "image"},
    {"hf://", "repository"},
}};

constexpr std::string_view kSeparator = "://";
constexpr std::string_view kAzureBlobHost = ".blob.core.windows.net/";

/// Of the longest regular expression a storage container may have; RE2 is linear in the URI.
constexpr int kMaxExpressionMemory = 1 << 20;

const Scheme* find_scheme(std::string_view uri) {
  const auto it = std::ranges::find_if(kSchemes, [&](const Scheme& s) { return uri.starts_with(s.prefix); });
  return it == kSchemes.end() ? nullptr : &*it;
}

/// Azure's blobs have a host each: https://{account}.blob.core.windows.net/{container}/...
bool has_azure_form(std::string_view uri) {
  const std::size_t start = uri.find("https://");
  if (start == std::string_view::npos) return false;
  const std::size_t host = uri.find(kAzureBlobHost, start + std::string_view("https://").size() + 1);
  return host != std::string_view::npos && uri.size() > host + kAzureBlobHost.size();
}

std::unique_ptr<RE2> compile(std::string_view expression) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxExpressionMemory);
  return std::make_unique<RE2>(re2::StringPiece(expression.data(), expression.size()), options);
}

/// Calls `f` for each format of each container that is in use, until it returns true.
template <typename F>
bool any_format(const spec::Catalog& catalog, F&& f) {
  for (const spec::ClusterStorageContainerView& container : catalog.storage_containers()) {
    if (container.disabled()) continue;
    for (const spec::SupportedUriFormatView format : container.spec().supported_uri_formats()) {
      if (f(format.prefix().value_or(std::string_view{}), format.regex().value_or(std::string_view{})))
        return true;
    }
  }
  return false;
}

/// The prefixes to choose from: KServe's, and those of the catalog.
std::vector<std::string_view> known_prefixes(const spec::Catalog& catalog) {
  std::vector<std::string_view> known;
  known.reserve(kSchemes.size());
  for (const Scheme& s : kSchemes) known.push_back(s.prefix);
  any_format(catalog, [&](std::string_view prefix, std::string_view) {
    if (!prefix.empty() && std::ranges::find(known, prefix) == known.end()) known.push_back(prefix);
    return false;
  });
  return known;
}

/// `s3:/bucket` is a local path to KServe; nobody means it.
std::optional<UriProblem> check_path(std::string_view path) {
  const std::size_t colon = path.find(":/");
  if (colon == std::string_view::npos) return std::nullopt;
  for (const Scheme& s : kSchemes) {
    if (path.substr(0, colon) == s.prefix.substr(0, s.prefix.size() - kSeparator.size()))
      return UriProblem{ErrorType::kInvalid, fmt::format("must begin with {}, with two slashes", s.prefix)};
  }
  return std::nullopt;
}

/// KServe takes for a path what has no letter, digit or underscore before `://`.
bool has_scheme(std::string_view uri, std::size_t separator) {
  if (separator == std::string_view::npos || separator == 0) return false;
  const char c = uri[separator - 1];
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_blank_or_control(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u <= 0x20 || u == 0x7F;
}

}  // namespace

StorageUriCheck::StorageUriCheck(const spec::Catalog& catalog) : catalog_(catalog) {}
StorageUriCheck::~StorageUriCheck() = default;

/// A format has a prefix, or else an expression.
bool StorageUriCheck::claimed(std::string_view uri) {
  const auto by_prefix = [&](std::string_view prefix, std::string_view) {
    return !prefix.empty() && uri.starts_with(prefix);
  };
  if (any_format(catalog_, by_prefix)) return true;
  if (!expressions_) {
    expressions_.emplace();
    any_format(catalog_, [&](std::string_view prefix, std::string_view expression) {
      if (prefix.empty() && !expression.empty()) expressions_->push_back(compile(expression));
      return false;
    });
  }
  return std::ranges::any_of(*expressions_, [&](const std::unique_ptr<RE2>& e) {
    return e->ok() && RE2::PartialMatch(re2::StringPiece(uri.data(), uri.size()), *e);
  });
}

UriProblem StorageUriCheck::unsupported(std::string_view scheme) const {
  const std::vector<std::string_view> known = known_prefixes(catalog_);
  std::vector<std::string_view> names;
  names.reserve(known.size());
  for (const std::string_view prefix : known) names.push_back(prefix.substr(0, prefix.find(kSeparator)));
  const auto near = spec::nearest(scheme, names);
  return {
      ErrorType::kNotSupported,
      fmt::format("nothing fetches models from there; supported are {}, and paths{}", fmt::join(known, ", "),
                  near ? fmt::format(" (did you mean {}://?)", *near) : std::string{})};
}

std::optional<UriProblem> StorageUriCheck::operator()(std::string_view uri) {
  const auto invalid = [](std::string detail) { return UriProblem{ErrorType::kInvalid, std::move(detail)}; };
  if (uri.empty()) return invalid("must not be empty; leave it out where there is no model");
  if (std::ranges::any_of(uri, is_blank_or_control))
    return invalid("must not contain blanks or control characters");
  const std::size_t separator = uri.find(kSeparator);
  if (!has_scheme(uri, separator)) return check_path(uri);

  const Scheme* scheme = find_scheme(uri);
  if (!scheme) return claimed(uri) ? std::nullopt : std::optional(unsupported(uri.substr(0, separator)));
  const std::string_view rest = uri.substr(scheme->prefix.size());
  if (!scheme->first.empty() && (rest.empty() || rest.front() == '/'))
    return invalid(fmt::format("must name the {} behind {}", scheme->first, scheme->prefix));
  if (rest.empty()) return invalid(fmt::format("must name a path behind {}", scheme->prefix));
  const bool azure = uri.find(kAzureBlobHost.substr(1, kAzureBlobHost.size() - 2)) != std::string_view::npos;
  if (azure && !has_azure_form(uri) && !claimed(uri))
    return invalid("must have the form https://{account}.blob.core.windows.net/{container}/{path}");
  return std::nullopt;
}

std::string shown_uri(std::string_view uri) {
  std::string shown(uri.substr(0, uri.find('?')));
  if (shown.size() < uri.size()) shown += "?...";
  const std::size_t separator = shown.find(kSeparator);
  if (separator == std::string::npos) return spec::quoted(shown);
  const std::size_t host = separator + kSeparator.size();
  const std::size_t path = shown.find('/', host);
  const std::size_t at = shown.rfind('@', path);
  if (at != std::string::npos && at > host) shown.replace(host, at - host, "...");
  return spec::quoted(shown);
}

}  // namespace modelgate::validation
