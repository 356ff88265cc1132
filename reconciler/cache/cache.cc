// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/cache.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "reconciler/cache/tables.h"

namespace modelgate::reconciler {

class Cache::Impl {
 public:
  explicit Impl(Owners::Told told) : owners(std::move(told)), services_(owners) {}

  Table& table(const kube::Resource& resource) {
    if (resource.group == kube::kInferenceServices.group &&
        resource.plural == kube::kInferenceServices.plural)
      return services_;
    auto& table = members_[{std::string(resource.group), std::string(resource.plural)}];
    if (!table) table = std::make_unique<MemberTable>(resource, owners);
    return *table;
  }

  const MemberTable* find(const kube::Resource& resource) const {
    const auto it = members_.find({std::string(resource.group), std::string(resource.plural)});
    return it == members_.end() ? nullptr : it->second.get();
  }

  /// Those of a service that are Pods, or not, each made into a Record, sorted.
  template <class Record, class Make, class Order>
  std::vector<Record> members(const ServiceKey& key, bool pods, Make make, Order order) {
    std::vector<Record> out;
    const Owner* owner = owners.find({key.ns, key.name});
    if (!owner) return out;
    for (const MemberRef& ref : owner->members) {
      if (ref.table->is_of_pods() == pods) out.push_back(make(ref, owners.packer));
    }
    std::ranges::sort(out, {}, order);
    return out;
  }

  std::size_t text_bytes() const {
    const auto of_kept = [](const CacheEntry& k) { return k.uid.outside() + k.resource_version.outside(); };
    std::size_t out = 0;
    for (const auto& [name, owner] : owners.all()) {
      out += name.ns.outside() + name.name.outside();
      if (owner.service) out += of_kept(*owner.service) + owner.service->text.outside();
    }
    for (const auto& [key, table] : members_) {
      for (const auto& [name, member] : table->members())
        out += name.name.outside() + of_kept(member) + member.observed.outside();
    }
    return out;
  }

  Owners owners;

 private:
  using TableKey = std::pair<std::string, std::string>;  // group, plural

  ServiceTable services_;
  std::map<TableKey, std::unique_ptr<MemberTable>> members_;
};

Cache::Cache(std::function<void(const ServiceKey&, Priority)> told)
    : impl_(std::make_unique<Impl>(std::move(told))) {}

Cache::~Cache() = default;

kube::Store& Cache::store_of(const kube::Resource& resource) {
  return impl_->table(resource);
}

void Cache::put(const kube::Resource& resource, const kube::Object& object) {
  impl_->table(resource).put(object);
}

void Cache::forget(const kube::Resource& resource, const std::string& ns, const std::string& name,
                   const std::string& uid) {
  impl_->table(resource).forget({ns, name}, uid);
}

std::optional<ServiceRecord> Cache::service(const ServiceKey& key) const {
  const Owner* owner = impl_->owners.find({key.ns, key.name});
  if (!owner || !owner->service) return std::nullopt;
  return ServiceTable::record(*owner, impl_->owners.packer);
}

std::vector<Child> Cache::children(const ServiceKey& key) const {
  return impl_->members<Child>(key, false, &MemberTable::child,
                               [](const Child& c) { return std::tie(c.resource->kind, c.name); });
}

std::optional<Child> Cache::child(const kube::Resource& resource, const std::string& ns,
                                  const std::string& name) const {
  const MemberTable* table = impl_->find(resource);
  return table ? table->find({ns, name}) : std::nullopt;
}

std::vector<PodRecord> Cache::pods(const ServiceKey& key) const {
  return impl_->members<PodRecord>(key, true, &MemberTable::pod, &PodRecord::name);
}

std::vector<ServiceKey> Cache::services() const {
  std::vector<ServiceKey> out;
  for (const auto& [name, owner] : impl_->owners.all()) {
    if (owner.service) out.push_back(owner.key());
  }
  std::ranges::sort(out);
  return out;
}

std::size_t Cache::text_bytes() const {
  return impl_->text_bytes();
}

}  // namespace modelgate::reconciler
