// SPDX-License-Identifier: Apache-2.0
//
// Keeps a Store in sync with a kind: lists once, then watches, and lists again only if the API server no
// longer has the last resourceVersion.
//
//   Reflector runtimes(client, kClusterServingRuntimes, {}, store);
//   spawn(context, "runtimes", [&] { return runtimes.run(); });
//
// No event is lost or delivered twice: a watch continues after the last resourceVersion of an object or
// bookmark; after 410 Gone, as an answer or as an event, the store gets a new list. A lost connection is
// retried after a backoff with jitter. If the kind does not exist (404: its CRD is not installed), the store
// gets an empty list, and the reflector tries again after the longest backoff. See "Efficient detection of
// changes" in Kubernetes' API concepts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kube/client/client.h"

namespace modelgate::kube {

/// Receives the objects, on the client's thread.
class Store {
 public:
  virtual ~Store() = default;
  /// A new list: objects that are not in it were deleted.
  virtual void replace(std::vector<Object> objects) = 0;
  /// The same in pages, for a store that does not need the whole list in memory. `first`: a list starts,
  /// perhaps after an incomplete one; `last`: objects that were in no page were deleted. By default pages are
  /// collected for replace().
  virtual void replace_page(std::vector<Object> page, bool first, bool last);
  /// Added or modified.
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
  std::uint64_t events = 0;  // without bookmarks
  std::uint64_t failures = 0;
};

class Reflector {
 public:
  /// `client`, `resource` and `store` must outlive it, and it must outlive the run of the client's context.
  Reflector(Client& client, const Resource& resource, ReflectorOptions options, Store& store);

  /// Runs until the context ends.
  Task<void> run();

  const Resource& resource() const { return resource_; }
  /// True after the store's first list.
  bool synced() const { return synced_; }
  /// True if the kind did not exist at the last list.
  bool kind_absent() const { return kind_absent_; }
  /// False between a failure of a list or watch and the next success.
  bool connected() const { return connected_; }
  /// The last error, while not connected; for messages.
  const std::string& problem() const { return problem_; }
  /// The last resourceVersion received.
  const std::string& resource_version() const { return version_; }
  const ReflectorCounts& counts() const { return counts_; }

 private:
  /// When the next step follows.
  enum class Next : std::uint8_t {
    kAtOnce,      // immediately
    kAfterPause,  // after the backoff: a failure
    kMuchLater,   // after the longest backoff: the kind does not exist
  };

  Task<Next> list();
  Task<Next> watch();
  Task<Next> follow(Watch& watch);
  void take(WatchEvent event);
  void succeeded();
  Next failed(std::string_view verb, const ApiError& error);
  Next absent();
  /// Clears the resourceVersion, so that the next step is a list.
  Next start_over(std::string_view why);

  Client& client_;
  const Resource& resource_;
  ReflectorOptions options_;
  Store& store_;
  Backoff backoff_;
  std::string version_;  // empty: list next
  std::string problem_;
  SteadyTime logged_at_{};  // when the problem was last logged
  SteadyTime started_over_at_{};
  int failed_watches_ = 0;  // in a row
  bool synced_ = false, kind_absent_ = false, connected_ = false;
  ReflectorCounts counts_;
};

}  // namespace modelgate::kube
