// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/cache.h"

#include <algorithm>
#include <tuple>

namespace modelgate::reconciler {

kube::Store& Cache::store_of(const kube::Resource& resource) {
  const bool is_class =
      resource.group == kube::kIngressClasses.group && resource.plural == kube::kIngressClasses.plural;
  if (is_class) return ingress_classes_;
  return table(resource);
}

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

/// A service's members in that role, sorted.
template <class Record, class Make, class Order>
std::vector<Record> Cache::members(const ServiceKey& key, MemberTable::Role role, Make make,
                                   Order order) const {
  std::vector<Record> out;
  const Owner* owner = owners_.find({key.ns, key.name});
  if (!owner) return out;
  for (const MemberRef& ref : owner->members) {
    if (ref.table->role() == role) out.push_back(make(ref, owners_.packer));
  }
  std::ranges::sort(out, {}, order);
  return out;
}

std::vector<Child> Cache::children(const ServiceKey& key) const {
  return members<Child>(key, MemberTable::Role::kChildren, &MemberTable::child,
                        [](const Child& c) { return std::tie(c.resource->kind, c.name); });
}

std::optional<Child> Cache::child(const kube::Resource& resource, const std::string& ns,
                                  const std::string& name) const {
  const auto it = members_.find({std::string(resource.group), std::string(resource.plural)});
  return it == members_.end() ? std::nullopt : it->second->find({ns, name});
}

std::vector<LabelledRecord> Cache::pods(const ServiceKey& key) const {
  return members<LabelledRecord>(key, MemberTable::Role::kPods, &MemberTable::labelled,
                                 &LabelledRecord::name);
}

std::optional<std::vector<LabelledRecord>> Cache::endpoint_slices(const ServiceKey& key) const {
  const kube::Resource& kind = kube::kEndpointSlices;
  const auto it = members_.find({std::string(kind.group), std::string(kind.plural)});
  if (it == members_.end() || !it->second->has_stored()) return std::nullopt;
  return members<LabelledRecord>(key, MemberTable::Role::kEndpointSlices, &MemberTable::labelled,
                                 &LabelledRecord::name);
}

void Cache::notify_all() const {
  for (const auto& [name, owner] : owners_.all()) owners_.notify_if_known(owner, Priority::kChange);
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
