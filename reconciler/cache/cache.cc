// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/cache.h"

#include <algorithm>
#include <tuple>

namespace modelgate::reconciler {

Table& Cache::table(const kube::Resource& resource) {
  if (resource.group == kube::kInferenceServices.group && resource.plural == kube::kInferenceServices.plural)
    return services_;
  auto& table = members_[{std::string(resource.group), std::string(resource.plural)}];
  if (!table) table = std::make_unique<MemberTable>(resource, owners_);
  return *table;
}

std::optional<ServiceRecord> Cache::service(const ServiceKey& key) const {
  const Owner* owner = owners_.find({key.ns, key.name});
  if (!owner || !owner->service) return std::nullopt;
  return ServiceTable::record(*owner, owners_.packer);
}

/// A service's Pods, or its other members, sorted.
template <class Record, class Make, class Order>
std::vector<Record> Cache::members(const ServiceKey& key, bool pods, Make make, Order order) const {
  std::vector<Record> out;
  const Owner* owner = owners_.find({key.ns, key.name});
  if (!owner) return out;
  for (const MemberRef& ref : owner->members) {
    if (ref.table->is_of_pods() == pods) out.push_back(make(ref, owners_.packer));
  }
  std::ranges::sort(out, {}, order);
  return out;
}

std::vector<Child> Cache::children(const ServiceKey& key) const {
  return members<Child>(key, false, &MemberTable::child,
                        [](const Child& c) { return std::tie(c.resource->kind, c.name); });
}

std::optional<Child> Cache::child(const kube::Resource& resource, const std::string& ns,
                                  const std::string& name) const {
  const auto it = members_.find({std::string(resource.group), std::string(resource.plural)});
  return it == members_.end() ? std::nullopt : it->second->find({ns, name});
}

std::vector<PodRecord> Cache::pods(const ServiceKey& key) const {
  return members<PodRecord>(key, true, &MemberTable::pod, &PodRecord::name);
}

std::vector<ServiceKey> Cache::services() const {
  std::vector<ServiceKey> out;
  for (const auto& [name, owner] : owners_.all()) {
    if (owner.service) out.push_back(owner.key());
  }
  std::ranges::sort(out);
  return out;
}

std::size_t Cache::text_bytes() const {
  const auto bytes_of = [](const CacheEntry& e) { return e.uid.outside() + e.resource_version.outside(); };
  std::size_t out = 0;
  for (const auto& [name, owner] : owners_.all()) {
    out += name.ns.outside() + name.name.outside();
    if (owner.service) out += bytes_of(*owner.service) + owner.service->text.outside();
  }
  for (const auto& [key, table] : members_) {
    for (const auto& [name, member] : table->members())
      out += name.name.outside() + bytes_of(member) + member.observed.outside();
  }
  return out;
}

}  // namespace modelgate::reconciler
