// SPDX-License-Identifier: Apache-2.0
//
// The watches that fill the cache: InferenceServices, their Pods, and every kind that we make for them. Made
// by controller.cc.
//
//   Watches watches(client, cache, {.ns = ""}, [&] { resync(); });
//   watches.start();
//   if (watches.synced()) begin();
//
// By the label that KServe puts on what it makes; where there is none on a kind (routes), all of it is
// watched, and the cache keeps what an InferenceService controls. A kind whose CRD is not installed counts as
// empty until it is.
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
  /// `client` and `cache` must outlive it, and it the run of the client's context. `kinds_changed` is called
  /// when a kind was installed or taken away after the first look.
  Watches(kube::Client& client, Cache& cache, const WatchesOptions& options,
          std::function<void()> kinds_changed);
  ~Watches();
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  void start();
  /// Every kind has been listed once; it stays so.
  bool synced() const;
  bool connected() const;
  bool kind_absent(const kube::Resource& resource) const;
  std::vector<kube::CatalogKindState> kinds() const;

 private:
  class Watched;

  kube::Client& client_;
  std::function<void()> kinds_changed_;
  std::deque<Watched> watched_;
};

}  // namespace modelgate::reconciler
