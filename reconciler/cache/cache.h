// SPDX-License-Identifier: Apache-2.0
//
// The reconciler's cache of the cluster: InferenceServices, the objects they own, their Pods and EndpointSlices, and
// the names of IngressClasses. Reflectors
// fill it (watches.h), so do the replies to our own writes, and it reports which services to reconcile.
//
//   Cache cache([&](const ServiceKey& key, Priority priority) { queue.add(key, priority, now()); });
//   Reflector deployments(client, kube::kDeployments, {.list = {.label_selector = kServiceLabel}},
//                         cache.store_of(kube::kDeployments));
//   ...
//   if (const auto service = cache.service(key)) ...                 // std::optional<ServiceRecord>
//   for (const Child& child : cache.children(key)) ...
//
// Results are copies in readable form, so that a worker may keep them while it waits. What is stored is packed
// (packed_text.h), and reduced (child.h) when its event arrives: memory depends on what is stored, not on what
// arrives. An object that no InferenceService controls is not stored.
//
// Reflectors of children must request managedFields (ListOptions::managed_fields), and so must our writes whose
// reply is put here (CallOptions::managed_fields): without them no field of an object counts as ours.
//
// Late events are ignored: an object with an older resourceVersion than the cached one, of the same uid (they
// are compared as numbers; if one is not a number, the new object wins). So a watch that lags behind our writes
// causes no second write, and does not bring back what forget() removed.
//
// Reported as (service, priority):
//   kNewSpec  a service that is new, was deleted, or changed other than in its status, managedFields and
//             resourceVersion.
//   kChange   a child, Pod or EndpointSlice of a known service that was added, deleted, or changed in what is stored of it,
//             except for resourceVersion; when its owner changed, both services. All services if an IngressClass
//             was added or deleted.
//   kResync   all of that from the first list of a kind.
// A later list reports differences to the cache, as if by events.
//
// One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kube/reflector.h"
#include "reconciler/cache/child.h"
#include "reconciler/cache/name_list.h"
#include "reconciler/cache/owners.h"
#include "reconciler/cache/tables.h"

namespace modelgate::reconciler {

class Cache {
 public:
  using OnChange = Owners::OnChange;

  explicit Cache(OnChange on_change)
      : owners_(std::move(on_change)), services_(owners_), ingress_classes_([this] { notify_all(); }) {}
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// Where a reflector of that kind puts its objects: kube::kInferenceServices, kube::kPods, kube::kEndpointSlices,
  /// kube::kIngressClasses, or any other kind for children. The same store each time; lives as long as the cache.
  kube::Store& store_of(const kube::Resource& resource);

  /// Stores the reply to a write of ours.
  void put(const kube::Resource& resource, const kube::Object& object) { table(resource).put(object); }
  /// Removes what we deleted, unless an object with another uid has replaced it.
  void forget(const kube::Resource& resource, const std::string& ns, const std::string& name,
              const std::string& uid) {
    table(resource).forget({ns, name}, uid);
  }

  std::optional<ServiceRecord> service(const ServiceKey& key) const;
  /// All objects whose controller has this name, also if it has another uid; sorted by kind and name.
  std::vector<Child> children(const ServiceKey& key) const;
  /// Of that kind and name, whichever service owns it.
  std::optional<Child> child(const kube::Resource& resource, const std::string& ns,
                             const std::string& name) const;
  /// Sorted by name.
  std::vector<LabelledRecord> pods(const ServiceKey& key) const;
  /// Nothing if the cluster has shown none of any service: then no controller is known to create them.
  std::optional<std::vector<LabelledRecord>> endpoint_slices(const ServiceKey& key) const;
  /// The names of all IngressClasses; nullptr before they were listed.
  const NameList::Names* ingress_classes() const { return ingress_classes_.names(); }
  /// Sorted.
  std::vector<ServiceKey> services() const;

  /// Bytes of text stored, in packed form: for tests of memory.
  std::size_t text_bytes() const;

 private:
  using TableKey = std::pair<std::string, std::string>;  // group, plural

  Table& table(const kube::Resource& resource);
  template <class Record, class Make, class Order>
  std::vector<Record> members(const ServiceKey& key, MemberTable::Role role, Make make, Order order) const;
  void notify_all() const;

  mutable Owners owners_;  // unpacking changes the packer
  ServiceTable services_;
  NameList ingress_classes_;
  std::map<TableKey, std::unique_ptr<MemberTable>> members_;
};

}  // namespace modelgate::reconciler
