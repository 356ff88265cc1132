// SPDX-License-Identifier: Apache-2.0
//
// The catalog of a cluster: watches configuration, runtimes, storage containers and local model caches, and
// builds a new immutable snapshot after each change.
//
//   CatalogWatch watch(client, {.ns = "kserve"}, [&](CatalogUpdate update) { use(update.catalog); });
//   watch.start();
//
// The first snapshot follows the first list of all kinds; a burst of changes causes one snapshot. An invalid
// configuration is rejected as a whole: the last valid one (before the first one: the built-in one) stays in
// force, and the update has the errors. Without a ConfigMap the built-in configuration applies. A kind
// without CRD has no objects. An object with an invalid structure is not in the catalog; the update has a
// warning.
//
// Everything here runs on the client's thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kube/reflector.h"
#include "spec/catalog.h"

namespace modelgate::kube {

struct CatalogWatchOptions {
  std::string ns = "kserve";  // where the configuration is
  std::string config_map = "inferenceservice-config";
  bool builtin_runtimes = true;  // add the built-in runtimes whose names the cluster does not have
  std::chrono::milliseconds longest_backoff = std::chrono::seconds(3);  // of its reflectors
};

struct CatalogUpdate {
  std::shared_ptr<const spec::Catalog> catalog;  // null if there is no new snapshot
  std::vector<std::string> refused;              // errors in the configuration, each with its key
  std::vector<std::string> warnings;             // such as unknown keys and invalid objects
  std::string config_map_uid;                    // for an event about it; empty if it does not exist
};

/// One watched kind, for metrics and messages.
struct CatalogKindState {
  std::string_view plural;
  bool synced = false, connected = false, absent = false;
  std::string problem;  // while not connected
  ReflectorCounts counts;
};

/// Each kind that has not been listed yet, with the last error if there is one.
std::vector<std::string> unsynced(const std::vector<CatalogKindState>& kinds);

class CatalogWatch {
 public:
  /// `client` must outlive it, and it must outlive the run of the client's context.
  CatalogWatch(Client& client, CatalogWatchOptions options, std::function<void(CatalogUpdate)> on_update);
  ~CatalogWatch();
  CatalogWatch(const CatalogWatch&) = delete;
  CatalogWatch& operator=(const CatalogWatch&) = delete;

  void start();
  bool synced() const;
  /// True while every watch is connected; false while the last catalog is used without one.
  bool connected() const;
  std::vector<CatalogKindState> kinds() const;

 private:
  struct Part;  // a watched kind

  void changed();
  void notify();
  bool read_configuration(CatalogUpdate& update);
  std::shared_ptr<const spec::Catalog> build(CatalogUpdate& update);

  CatalogWatchOptions options_;
  std::function<void(CatalogUpdate)> on_update_;
  std::shared_ptr<const spec::Catalog> builtin_;
  spec::Configuration configuration_;  // the last valid one
  std::set<std::string> left_out_;     // the warnings of the last snapshot
  asio::io_context& context_;
  asio::steady_timer timer_;
  std::vector<std::unique_ptr<Part>> parts_;  // the configuration first
  std::uint64_t generation_ = 0;
  bool waiting_ = false, configuration_is_new_ = false, objects_are_new_ = false;
};

}  // namespace modelgate::kube
