// SPDX-License-Identifier: Apache-2.0
//
// Which ClusterStorageContainer supports a storage URI, by prefix or regular expression. Validation asks
// whether one does, Pod injection which one.
//
//   StorageContainers containers(catalog);
//   const StorageContainers::Match match = containers.find(uri);
//   if (match.container) ...
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/serving_runtime.h"

namespace re2 {
class RE2;
}

namespace modelgate::spec {

/// Enabled, and for init containers; others download models to nodes.
bool serves_pods(const ClusterStorageContainerView& container);

/// What a URI is denied with where this container may support it and its expression does not compile.
std::string broken_expression_text(std::string_view container);

/// Keeps compiled expressions from one URI to the next. For one object and one thread; the catalog must
/// outlive it.
class StorageContainers {
 public:
  enum class Support {
    kNo,
    kYes,
    kBroken,  // an expression that may match does not compile (RE2 syntax, or larger than 1 MiB)
  };
  struct Match {
    /// Absent where none supports the URI.
    ClusterStorageContainerView container;
    /// The first whose support is not known, where none supports the URI; else empty.
    std::string_view broken = {};
  };

  explicit StorageContainers(const Catalog& catalog);
  ~StorageContainers();
  StorageContainers(const StorageContainers&) = delete;
  StorageContainers& operator=(const StorageContainers&) = delete;

  /// The first by name of those that serve Pods. `stops_at_broken`: no further than to a broken one, as
  /// KServe.
  Match find(std::string_view uri, bool stops_at_broken = false);
  /// Whether this container supports it. The first format decides that matches or is broken.
  Support supports(const ClusterStorageContainerView& container, std::string_view uri);
  /// Why this container, which the user names, cannot download the URI for a Pod; nullopt where it can, or
  /// where an expression is broken.
  std::optional<std::string> unfit(const ClusterStorageContainerView& container, std::string_view uri);

 private:
  Support matches(std::string_view expression, std::string_view uri);

  std::vector<ClusterStorageContainerView> for_pods_;  // by name
  std::map<std::string_view, std::unique_ptr<re2::RE2>> expressions_;
};

}  // namespace modelgate::spec
