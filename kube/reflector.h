// SPDX-License-Identifier: Apache-2.0
//
// Keeps somebody's picture of a kind up to date: lists once, then watches, and lists again only where the API
// server has forgotten the version that we were at.
//
//   Reflector runtimes(client, kClusterServingRuntimes, {}, store);
//   spawn(context, "runtimes", [&] { return runtimes.run(); });
//
// No event is lost and none comes twice: a watch goes on behind the last version seen (objects and bookmarks
// carry it); 410 Gone, as an answer or as an event, leads to a new list, given to the store whole. A lost
// connection is tried again after a backoff with jitter. Where the kind itself is not there (404: its CRD is
// not installed) the store gets an empty list, and it is looked for again with the backoff's longest time.
// See "Efficient detection of changes" in Kubernetes' API concepts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kube/client/client.h"

namespace modelgate::kube {

/// Who is told. On the client's thread.
class Store {
 public:
  virtual ~Store() = default;
  /// A fresh list: what is not in it is gone.
  virtual void replace(std::vector<Object> objects) = 0;
  /// The same page by page, for a store that need not have a long list in memory at once. `first`: a list
  /// begins, also where the one before broke off; `last`: what none of its pages had is gone. Where a store
  /// does not care, pages are gathered.
  virtual void replace_page(std::vector<Object> page, bool first, bool last);
  /// Added or changed.
  virtual void upsert(Object object) = 0;
  /// Deleted; its last state.
  virtual void remove(Object object) = 0;

 private:
  std::vector<Object> gathered_;
};

struct ReflectorOptions {
  std::string ns;  // empty: all namespaces
  ListOptions list;
  std::chrono::milliseconds first_backoff{100};
  std::chrono::milliseconds longest_backoff = std::chrono::seconds(10);
};

struct ReflectorCounts {
  std::uint64_t lists = 0;
  std::uint64_t watches = 0;
  std::uint64_t events = 0;  // bookmarks aside
  std::uint64_t failures = 0;
};

class Reflector {
 public:
  /// `client`, `resource` and `store` must outlive it, and it the run of the client's context.
  Reflector(Client& client, const Resource& resource, ReflectorOptions options, Store& store);

  /// Until the context ends.
  Task<void> run();

  const Resource& resource() const { return resource_; }
  /// True once the store has had its first list; it stays so.
  bool synced() const { return synced_; }
  /// True where the last list said that there is no such kind.
  bool kind_absent() const { return kind_absent_; }
  /// True while list or watch works; false between a failure and the next success.
  bool connected() const { return connected_; }
  /// What went wrong last, while not connected; for people.
  const std::string& problem() const { return problem_; }
  /// Where it is: the last resourceVersion seen.
  const std::string& resource_version() const { return version_; }
  const ReflectorCounts& counts() const { return counts_; }

 private:
  /// What comes after a step.
  enum class Next : std::uint8_t {
    kAtOnce,      // the next step, now
    kAfterPause,  // a failure: the backoff first
    kMuchLater,   // no such kind
  };

  Task<Next> list();
  Task<Next> watch();
  Task<Next> follow(Watch& watch);
  void take(WatchEvent event);
  void succeeded();
  Next failed(std::string_view verb, const ApiError& error);
  Next absent();
  /// Forgets where we were, so that the next step is a list.
  Next start_over(std::string_view why);

  Client& client_;
  const Resource& resource_;
  ReflectorOptions options_;
  Store& store_;
  Backoff backoff_;
  std::string version_;  // empty: to be listed
  std::string problem_;
  SteadyTime told_at_{};  // when the problem was last logged
  SteadyTime started_over_at_{};
  int failed_watches_ = 0;  // in a row
  bool synced_ = false, kind_absent_ = false, connected_ = false;
  ReflectorCounts counts_;
};

}  // namespace modelgate::kube
