// SPDX-License-Identifier: Apache-2.0
//
// The catalog from a cluster: configuration, runtimes, storage containers and local model caches, watched,
// and a new immutable snapshot after every change.
//
//   CatalogWatch watch(client, {.ns = "kserve"}, [&](CatalogNews news) { hand_out(news.catalog); });
//   watch.start();
//
// The first snapshot comes when every kind has been listed once; a burst of changes makes one snapshot. A
// configuration that does not parse is refused as a whole: the last good one (or the built-in one, before
// there was any) stays in force, and the news say what is wrong and where. Without a ConfigMap the built-in
// configuration counts. A kind whose CRD is absent has no objects. An object whose structure is not that of
// its kind is left out, and the news say so.
//
// Everything here runs on the client's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kube/reflector.h"
#include "spec/catalog.h"

namespace modelgate::kube {

struct CatalogWatchOptions {
  std::string ns = "kserve";  // where the configuration is
  std::string config_map = "inferenceservice-config";
  bool builtin_runtimes = true;  // those compiled in count too, where the cluster has none of the name
  std::chrono::milliseconds longest_backoff = std::chrono::seconds(3);  // of its reflectors
};

struct CatalogNews {
  std::shared_ptr<const spec::Catalog> catalog;  // null where nothing usable is new
  std::vector<std::string> refused;   // what is wrong with the configuration, with its key; empty: nothing
  std::vector<std::string> warnings;  // unknown keys, objects that were left out and the like
  std::string config_map_uid;         // for an event about it; empty where there is none
};

/// One watched kind, for metrics and for people.
struct CatalogKindState {
  std::string_view plural;
  bool synced = false, connected = false, absent = false;
  std::string problem;  // while not connected
  ReflectorCounts counts;
};

/// What is waited for, for people: each kind that has not been listed yet, and why not where that is known.
std::vector<std::string> unsynced(const std::vector<CatalogKindState>& kinds);

class CatalogWatch {
 public:
  /// `client` must outlive it, and it the run of the client's context.
  CatalogWatch(Client& client, CatalogWatchOptions options, std::function<void(CatalogNews)> told);
  ~CatalogWatch();

  void start();
  bool synced() const;
  /// True while every watch is up; false while the last catalog is kept because the API server is away.
  bool connected() const;
  std::vector<CatalogKindState> kinds() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::kube
