// SPDX-License-Identifier: Apache-2.0
//
// Storage URIs taken apart: which kind they are, and what is in them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "spec/field.h"

namespace modelgate::workload {

/// pvc://claim/path: a PersistentVolumeClaim of the Pod's namespace, and what of it.
struct PvcUri {
  std::string_view claim;
  std::string_view path;  // without a slash at its front; empty for the root
};
std::optional<PvcUri> parse_pvc_uri(std::string_view uri);

/// oci://image and oci+mode://image: a model in a container image.
struct OciUri {
  std::string_view mode;  // "native", "modelcar", "fetch"; empty where the configuration says
  std::string_view image;
};
std::optional<OciUri> parse_oci_uri(std::string_view uri);

/// The URI of a model that is on the node already: below the claim of its cache, in a folder named by the
/// first 16 hexadecimal digits of the SHA-256 of the cached model's URI.
std::string local_model_uri(std::string_view uri, std::string_view cached_uri, std::string_view claim);

/// Longer than any server takes. An annotation may hold sixteen times as much, over which some regular
/// expressions run for seconds; those are tried on nothing that is longer.
inline constexpr std::size_t kMaxStorageUriBytes = 16UL * 1024;

struct UriProblem {
  spec::ErrorType type;
  std::string detail;
};
/// What is wrong with a URI that no ClusterStorageContainer may make right: too long, no scheme, blanks,
/// nothing behind the scheme, `..` in its path.
std::optional<UriProblem> check_storage_uri(std::string_view uri);

/// For messages: without a user's name and password, and without the query, where signatures stand.
std::string shown_uri(std::string_view uri);

}  // namespace modelgate::workload
