// SPDX-License-Identifier: Apache-2.0
//
// The reconciler's picture of the cluster: InferenceServices, what they own, their Pods. Reflectors fill it
// (watches.h), replies to our own writes too, and it says which services are to be looked at.
//
//   Cache cache([&](const ServiceKey& key, Priority why) { queue.add(key, why, now()); });
//   Reflector deployments(client, kube::kDeployments, {.list = {.label_selector = kServiceLabel}},
//                         cache.store_of(kube::kDeployments));
//   ...
//   const ServiceRecord* service = cache.service(key);
//   for (const Child* child : cache.children(key)) ...
//
// Memory follows what is kept, not what passes by: an object is reduced (child.h) as its event comes.
// An object that no InferenceService controls is not kept.
//
// What comes late does not count: an object with an older resourceVersion than the one kept, of the same uid,
// is passed over (they are compared as numbers, which they are; where one is not a number, the newcomer
// counts). So a watch that lags behind our own writes makes nothing be written twice.
//
// Told of a service's change: a new one, one that is being deleted or has gone, and one whose object changed
// other than in its status and managedFields (kNewSpec); of a change of its children and Pods in what is
// kept, resourceVersions aside (kChange); of everything in a fresh list that differs from what was kept.
//
// One thread. Pointers are good until the next event.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "kube/reflector.h"
#include "reconciler/child.h"
#include "reconciler/work_queue.h"

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

  const ServiceRecord* service(const ServiceKey& key) const;
  /// All of them, sorted by kind and name.
  std::vector<const Child*> children(const ServiceKey& key) const;
  /// Of that kind and name, whoever owns it; nullptr where none is known.
  const Child* child(const kube::Resource& resource, const std::string& ns, const std::string& name) const;
  /// Sorted by name.
  std::vector<const PodRecord*> pods(const ServiceKey& key) const;
  std::vector<ServiceKey> services() const;

  /// Bytes of text held, for tests of memory.
  std::size_t text_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The label that all of KServe's children bear but routes; its value is the service's name.
inline constexpr std::string_view kServiceLabel = "serving.kserve.io/inferenceservice";

}  // namespace modelgate::reconciler
