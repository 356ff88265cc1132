// SPDX-License-Identifier: Apache-2.0
//
// Which ClusterStorageContainer supports a storage URI, by prefix or regular expression. Used by validation
// and Pod injection.
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

/// True if enabled and for init containers; others download models to nodes.
bool serves_pods(const ClusterStorageContainerView& container);

/// The denial of a URI that this container may support, if its expression does not compile.
std::string broken_expression_text(std::string_view container);

/// Caches compiled expressions between URIs. For one object and one thread; the catalog must outlive it.
class StorageContainers {
 public:
  enum class Support {
    kNo,
    kYes,
    kBroken,  // an expression that may match does not compile (RE2 syntax, or larger than 1 MiB)
  };
  struct Match {
    /// Absent if none supports the URI.
    ClusterStorageContainerView container;
    /// The first container with a broken expression, if none supports the URI; else empty.
    std::string_view broken = {};
  };

  explicit StorageContainers(const Catalog& catalog);
  ~StorageContainers();
  StorageContainers(const StorageContainers&) = delete;
  StorageContainers& operator=(const StorageContainers&) = delete;

  /// The first by name of those that serve Pods. `stops_at_broken`: stops at the first broken one, as KServe
  /// does.
  Match find(std::string_view uri, bool stops_at_broken = false);
  /// Whether this container supports it. The first format that matches or is broken decides.
  Support supports(const ClusterStorageContainerView& container, std::string_view uri);
  /// Why this container, which the user names, cannot download the URI for a Pod; nullopt if it can, or if an
  /// expression is broken.
  std::optional<std::string> unfit(const ClusterStorageContainerView& container, std::string_view uri);

 private:
  Support matches(std::string_view expression, std::string_view uri);

  std::vector<ClusterStorageContainerView> for_pods_;  // by name
  std::map<std::string_view, std::unique_ptr<re2::RE2>> expressions_;
};

}  // namespace modelgate::spec
