// SPDX-License-Identifier: Apache-2.0
//
// The reconciler's picture of the cluster: InferenceServices, what they own, their Pods. Reflectors fill it
// (watches.h), replies to our own writes too, and it says which services are to be looked at.
//
//   Cache cache([&](const ServiceKey& key, Priority why) { queue.add(key, why, now()); });
//   Reflector deployments(client, kube::kDeployments, {.list = {.label_selector = kServiceLabel}},
//                         cache.store_of(kube::kDeployments));
//   ...
//   if (const auto service = cache.service(key)) ...                 // std::optional<ServiceRecord>
//   for (const Child& child : cache.children(key)) ...
//
// What is given out is a copy, whole and readable, so that a worker may hold on to it while it waits. What is
// kept is packed (packed_text.h); memory follows that, and not what passes by: an object is reduced (child.h)
// as its event comes. An object that no InferenceService controls is not kept.
//
// Reflectors of children must ask for managedFields (ListOptions::managed_fields), and so must our own writes
// whose reply is put here (CallOptions::managed_fields): without them nothing of an object counts as ours.
//
// What comes late does not count: an object with an older resourceVersion than the one kept, of the same uid,
// is passed over (they are compared as numbers, which they are; where one is not a number, the newcomer
// counts). So a watch that lags behind our own writes makes nothing be written twice, and nothing comes back
// that was told gone by forget().
//
// Told, as (service, priority):
//   kNewSpec  a new service; one that changed other than in its status, managedFields and resourceVersion;
//             one that has gone.
//   kChange   a child or Pod of a known service that came, went, or changed in what is kept of it but for
//             resourceVersion; where it changed hands, both services.
//   kResync   all of that out of the first list of a kind: a start is no news.
// A later list tells what differs from what was kept, as if by events.
//
// One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kube/reflector.h"
#include "reconciler/cache/child.h"
#include "reconciler/queue/work_queue.h"

namespace modelgate::reconciler {

class Cache {
 public:
  explicit Cache(std::function<void(const ServiceKey&, Priority)> told);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// Where a reflector of that kind puts its objects: kube::kInferenceServices, kube::kPods, or any other for
  /// children. The same one each time; lives as long as the cache.
  kube::Store& store_of(const kube::Resource& resource);

  /// As from a watch: the reply to a write of ours.
  void put(const kube::Resource& resource, const kube::Object& object);
  /// What a delete of ours took away, unless an object of another uid has come in its place.
  void forget(const kube::Resource& resource, const std::string& ns, const std::string& name,
              const std::string& uid);

  std::optional<ServiceRecord> service(const ServiceKey& key) const;
  /// All that name it as their controller, also a namesake of another uid; sorted by kind and name.
  std::vector<Child> children(const ServiceKey& key) const;
  /// Of that kind and name, whichever service owns it; nothing where none is known.
  std::optional<Child> child(const kube::Resource& resource, const std::string& ns,
                             const std::string& name) const;
  /// Sorted by name.
  std::vector<PodRecord> pods(const ServiceKey& key) const;
  /// Sorted.
  std::vector<ServiceKey> services() const;

  /// Bytes of text held, packed as it is: for tests of memory.
  std::size_t text_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::reconciler
