// SPDX-License-Identifier: Apache-2.0
//
// The watches that fill the cache: InferenceServices, their Pods, and every kind that we create for them. Created
// by controller.cc.
//
//   Watches watches(client, cache, {.ns = ""}, [&] { resync(); });
//   watches.start();
//   if (watches.synced()) begin();
//
// Children are selected by the label that KServe sets. Kinds without that label (routes) are watched as a whole,
// and the cache stores the objects that an InferenceService controls. A kind whose CRD is not installed counts
// as empty.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "kube/catalog_watch.h"
#include "kube/reflector.h"
#include "reconciler/cache/cache.h"

namespace modelgate::reconciler {

struct WatchesOptions {
  std::string ns;  // empty: every namespace
};

class Watches {
 public:
  /// `client` and `cache` must outlive this, and this the run of the client's context. `on_kinds_changed` is
  /// called when a kind is installed or removed after the first list.
  Watches(kube::Client& client, Cache& cache, const WatchesOptions& options,
          std::function<void()> on_kinds_changed);
  ~Watches();
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  void start();
  /// Every kind has been listed once.
  bool synced() const;
  bool connected() const;
  bool kind_absent(const kube::Resource& resource) const;
  std::vector<kube::CatalogKindState> kinds() const;

 private:
  class Watched;

  kube::Client& client_;
  std::function<void()> on_kinds_changed_;
  std::deque<Watched> watched_;
};

}  // namespace modelgate::reconciler
