// SPDX-License-Identifier: Apache-2.0
//
// Storage URIs: the table of schemes, what a URI of each must contain, and how to print a URI without the
// secrets that it may contain. Used by validation, Pod injection and the builder of children.
//
//   if (const auto problem = check_storage_uri(uri, supported, catalog))
//     report(problem->type, shown_uri(uri), problem->detail);
//   if (const auto pvc = parse_pvc_uri(uri)) mount(pvc->claim, pvc->path);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "spec/catalog.h"
#include "spec/field.h"

namespace modelgate::spec {

/// What brings a model to the container that serves it.
enum class StorageFetcher : std::uint8_t {
  kInitializer,  // an init container downloads it: the storage initializer, or a ClusterStorageContainer
  kClaim,        // a PersistentVolumeClaim is mounted
  kImage,        // a container image holds it: sidecar or image volume
};

/// The kinds of credentials that a Secret may hold (workload/pods/credential_schemes.cc reads them).
enum class StorageCredentials : std::uint8_t {
  kNone,
  kS3,
  kGcs,
  kAzure,
  kHttps,
  kHdfs,
  kHuggingFace,
  kModelScope,  // for a ClusterStorageContainer: no scheme of the table
};
std::string_view name_of(StorageCredentials credentials);

struct StorageScheme {
  std::string_view prefix;  // "s3://"
  /// What follows the prefix, up to the first slash, and must not be empty. Empty: any path may follow.
  std::string_view first;
  StorageFetcher fetcher = StorageFetcher::kInitializer;
  std::array<StorageCredentials, 2> credentials{};
  bool has_query = false;     // the text after a '?' is not part of the path
  bool storage_type = false;  // `storage.parameters.type` may name it
  bool multi_node = false;    // KServe accepts it with a workerSpec

  /// "s3"
  constexpr std::string_view name() const { return prefix.substr(0, prefix.find(':')); }
};

/// The schemes that work without a ClusterStorageContainer.
std::span<const StorageScheme> storage_schemes();
/// The scheme of the URI, in lower case as KServe compares it; nullptr for any other, and for a path.
const StorageScheme* find_storage_scheme(std::string_view uri);
/// The prefixes of the schemes that `storage.parameters.type` may name.
std::span<const std::string_view> storage_type_prefixes();
/// Their names.
std::span<const std::string_view> storage_types();
/// As KServe reads it: the text before the first "://", or the whole URI, is a scheme for several nodes.
bool serves_multi_node(std::string_view uri);

/// pvc://claim/path: a PersistentVolumeClaim of the Pod's namespace and a path in it.
struct PvcUri {
  std::string_view claim;
  std::string_view path;  // without a leading slash; empty for the root
};
std::optional<PvcUri> parse_pvc_uri(std::string_view uri);

/// oci://image and oci+mode://image: a model in a container image.
struct OciUri {
  std::string_view mode;  // "native", "modelcar", "fetch"; empty: as configured
  std::string_view image;
};
std::optional<OciUri> parse_oci_uri(std::string_view uri);

/// Longer than any server accepts. An annotation may hold sixteen times as much, and some regular expressions
/// take seconds for that: they are not tried on a longer URI.
inline constexpr std::size_t kMaxStorageUriBytes = 16UL * 1024;

struct UriProblem {
  ErrorType type;  // kNotSupported: nothing fetches from this scheme
  std::string detail;
};

/// The problem of a URI. KServe has no such rule: it denies only in Strict mode.
/// `supported`: a ClusterStorageContainer supports it (spec/storage_containers.h). The catalog gives the
/// prefixes to suggest. A path without a scheme is valid: it may be in the storage container's image.
std::optional<UriProblem> check_storage_uri(std::string_view uri, bool supported, const Catalog& catalog);

/// For messages: without user name and password, and without query and fragment, which may contain a
/// signature.
std::string shown_uri(std::string_view uri);

}  // namespace modelgate::spec
