// SPDX-License-Identifier: Apache-2.0
//
// Storage URIs: whether anything can fetch a model from one, and how to show one without the secrets that may
// be in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spec/catalog.h"
#include "spec/field.h"

namespace modelgate::validation {

struct UriProblem {
  spec::ErrorType type;
  std::string detail;
};

/// What is wrong with a storage URI, if anything. Fine is what one of the catalog's ClusterStorageContainers
/// claims by prefix or expression, what KServe's own storage initializer, its PVC mounts and its model images
/// serve, and a local path, absolute or relative.
std::optional<UriProblem> check_storage_uri(std::string_view uri, const spec::Catalog& catalog);

/// Quoted; without a user's name and password, and without the query, where signatures stand.
std::string shown_uri(std::string_view uri);

}  // namespace modelgate::validation
