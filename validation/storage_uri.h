// SPDX-License-Identifier: Apache-2.0
//
// Storage URIs: whether anything can fetch a model from one, and how to show one without the secrets that may
// be in it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/field.h"

namespace re2 {
class RE2;
}

namespace modelgate::validation {

struct UriProblem {
  spec::ErrorType type;
  std::string detail;
};

/// Says what is wrong with storage URIs, if anything. Fine is what one of the catalog's
/// ClusterStorageContainers claims by prefix or expression, what KServe's own storage initializer, its PVC
/// mounts and its model images serve, and a local path, absolute or relative.
///
/// Keeps the containers' expressions from one URI to the next; made for one object, used by one thread.
class StorageUriCheck {
 public:
  explicit StorageUriCheck(const spec::Catalog& catalog);
  ~StorageUriCheck();
  StorageUriCheck(const StorageUriCheck&) = delete;
  StorageUriCheck& operator=(const StorageUriCheck&) = delete;

  std::optional<UriProblem> operator()(std::string_view uri);

 private:
  bool claimed(std::string_view uri);
  UriProblem unsupported(std::string_view scheme) const;

  const spec::Catalog& catalog_;
  /// Compiled when a URI first needs them: the usual schemes never do.
  std::optional<std::vector<std::unique_ptr<re2::RE2>>> expressions_;
};

/// Quoted; without a user's name and password, and without the query, where signatures stand.
std::string shown_uri(std::string_view uri);

}  // namespace modelgate::validation
