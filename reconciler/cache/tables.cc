// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/tables.h"

#include <algorithm>
#include <utility>

namespace modelgate::reconciler {

void Table::replace_page(std::vector<kube::Object> page, bool first, bool last) {
  const Source source = listed_ ? Source::kList : Source::kFirstList;
  if (first) ++lists_;
  for (kube::Object& o : page) {
    const kube::Object object = std::move(o);  // freed one by one
    if (!deleted_.contains(object, lists_)) take(object, source);
  }
  if (!last) return;
  listed_ = true;
  drop_unseen(lists_, source);
  deleted_.drop_unseen(lists_);
}

void Table::upsert(kube::Object object) {
  if (deleted_.contains(object, lists_)) return;
  take(object, Source::kWatch);
}

void Table::remove(kube::Object object) {
  deleted_.drop(object.uid());
  const CacheEntry* cached = entry(name_of(object));
  if (cached && cached->uid.view() == object.uid()) drop(name_of(object), Source::kWatch);
}

void Table::put(const kube::Object& object) {
  deleted_.drop(object.uid());
  take(object, Source::kReply);
}

void Table::forget(NameView name, std::string_view uid) {
  const CacheEntry* cached = entry(name);
  if (!cached || cached->uid.view() != uid) return;
  deleted_.add(uid, cached->resource_version.view());
  drop(name, Source::kReply);
}

// ---- InferenceServices

ServiceRecord ServiceTable::record(const Owner& owner, TextPacker& packer) {
  const Service& s = *owner.service;
  return {.key = owner.key(),
          .uid = std::string(s.uid.view()),
          .resource_version = std::string(s.resource_version.view()),
          .generation = s.generation,
          .being_deleted = s.being_deleted,
          .text = packer.unpack(s.text.view())};
}

void ServiceTable::take(const kube::Object& object, Source source) {
  Owner& owner = owners_.get(name_of(object));
  if (owner.service && owner.service->is_newer_than(object, source)) {
    owner.service->seen = list();
    return;
  }
  const ServiceRecord record = service_of(object.value());
  Service next = owner.service.value_or(Service{});
  const bool is_new = !owner.service;
  const std::uint64_t before = std::exchange(next.digest, digest_number(service_digest(object.value())));
  next.confirm(object, source);
  next.uid = owner.shared_uid(record.uid);
  next.resource_version = Text(record.resource_version);
  next.seen = list();
  next.being_deleted = record.being_deleted;
  next.generation = record.generation;
  next.text = Text(owners_.packer.pack(record.text));
  owner.service = std::move(next);
  if (is_new || owner.service->digest != before)
    owners_.notify(owner, priority_of(source, Priority::kNewSpec));
}

const CacheEntry* ServiceTable::entry(NameView name) const {
  const Owner* owner = owners_.find(name);
  return owner && owner->service ? &*owner->service : nullptr;
}

void ServiceTable::drop(NameView name, Source source) {
  Owner& owner = owners_.get(name);
  owner.service.reset();
  owners_.notify(owner, priority_of(source, Priority::kNewSpec));
  owners_.drop_if_empty(owner);
}

void ServiceTable::drop_unseen(std::uint32_t list, Source source) {
  std::vector<const Name*> gone;
  for (const auto& [name, owner] : owners_.all()) {
    if (owner.service && owner.service->seen != list) gone.push_back(&name);
  }
  for (const Name* name : gone) drop(name->view(), source);
}

// ---- Children and Pods

MemberTable::MemberTable(const kube::Resource& resource, Owners& owners)
    : Table(owners), copy_(resource), resource_(&copy_) {
  for (const kube::Resource* known : kube::known_resources()) {
    if (known->group == resource.group && known->plural == resource.plural) resource_ = known;
  }
}

MemberTable::Role MemberTable::role() const {
  if (resource_ == &kube::kPods) return Role::kPods;
  return resource_ == &kube::kEndpointSlices ? Role::kEndpointSlices : Role::kChildren;
}

std::optional<Child> MemberTable::find(NameView name) const {
  const auto it = members_.find(name);
  if (it == members_.end()) return std::nullopt;
  return child({this, &it->first, &it->second}, owners_.packer);
}

Child MemberTable::child(const MemberRef& ref, TextPacker& packer) {
  const Member& m = *ref.member;
  Child out{.resource = &ref.table->resource(),
            .ns = std::string(ref.name->ns.view()),
            .name = std::string(ref.name->name.view()),
            .uid = std::string(m.uid.view()),
            .resource_version = std::string(m.resource_version.view()),
            .owner = m.owner->key(),
            .owner_uid = std::string(m.owner_uid.view()),
            .being_deleted = m.being_deleted,
            .applied_digest = digest_text(m.digest),
            .kserve_manages = m.kserve_manages,
            .replicas_ours = m.replicas_ours,
            .replicas_others = m.replicas_others,
            .observed = packer.unpack(m.observed.view())};
  if (m.has_replicas) out.replicas = m.replicas;
  return out;
}

LabelledRecord MemberTable::labelled(const MemberRef& ref, TextPacker& packer) {
  const Member& m = *ref.member;
  return {.ns = std::string(ref.name->ns.view()),
          .name = std::string(ref.name->name.view()),
          .uid = std::string(m.uid.view()),
          .resource_version = std::string(m.resource_version.view()),
          .owner = m.owner->key(),
          .observed = packer.unpack(m.observed.view())};
}

void MemberTable::take(const kube::Object& object, Source source) {
  auto it = members_.find(name_of(object));
  if (it != members_.end() && it->second.is_newer_than(object, source)) {
    it->second.seen = list();
    return;
  }
  const auto child = reduced(object);
  if (!child) {
    if (it != members_.end()) erase(it, source);
    return;
  }
  Owner& owner = owners_.get({child->owner.ns, child->owner.name});
  Member next = packed(*child, owner);
  if (it != members_.end()) next.unconfirmed = it->second.unconfirmed;
  if (it != members_.end()) next.resource_version = it->second.resource_version;
  next.confirm(object, source);
  next.resource_version = Text(child->resource_version);
  next.seen = list();
  has_stored_ = true;
  if (it == members_.end()) {
    it = members_.try_emplace(Name{owner.name->ns, Text(child->name)}, std::move(next)).first;
    link(it, owner);
    return owners_.notify_if_known(owner, priority_of(source, Priority::kChange));
  }
  const bool same = it->second.same_as(next);
  Owner& before = *it->second.owner;
  if (&before != &owner) unlink(it->second);
  it->second = std::move(next);
  if (&before != &owner) {
    link(it, owner);
    owners_.notify_if_known(before, priority_of(source, Priority::kChange));
    owners_.drop_if_empty(before);
  }
  if (!same) owners_.notify_if_known(owner, priority_of(source, Priority::kChange));
}

const CacheEntry* MemberTable::entry(NameView name) const {
  const auto it = members_.find(name);
  return it == members_.end() ? nullptr : &it->second;
}

void MemberTable::drop(NameView name, Source source) {
  erase(members_.find(name), source);
}

void MemberTable::drop_unseen(std::uint32_t list, Source source) {
  for (auto it = members_.begin(); it != members_.end();)
    it = it->second.seen == list ? std::next(it) : erase(it, source);
}

std::optional<Child> MemberTable::reduced(const kube::Object& object) const {
  if (role() == Role::kChildren) return child_of(*resource_, object.value());
  auto record = labelled_of(*resource_, object.value());
  if (!record) return std::nullopt;
  return Child{.resource = resource_,
               .ns = std::move(record->ns),
               .name = std::move(record->name),
               .uid = std::move(record->uid),
               .resource_version = std::move(record->resource_version),
               .owner = std::move(record->owner),
               .observed = std::move(record->observed)};
}

Member MemberTable::packed(const Child& child, Owner& owner) {
  Member out;
  out.uid = Text(child.uid);
  out.being_deleted = child.being_deleted;
  out.owner = &owner;
  out.owner_uid = owner.shared_uid(child.owner_uid);
  out.observed = Text(owners_.packer.pack(child.observed));
  out.digest = digest_number(child.applied_digest);
  out.replicas = child.replicas.value_or(0);
  out.has_replicas = child.replicas.has_value();
  out.replicas_ours = child.replicas_ours;
  out.replicas_others = child.replicas_others;
  out.kserve_manages = child.kserve_manages;
  return out;
}

void MemberTable::link(ByName<Member>::iterator it, Owner& owner) {
  owner.members.push_back({this, &it->first, &it->second});
}

void MemberTable::unlink(const Member& member) {
  std::erase_if(member.owner->members, [&](const MemberRef& ref) { return ref.member == &member; });
}

ByName<Member>::iterator MemberTable::erase(ByName<Member>::iterator it, Source source) {
  Owner& owner = *it->second.owner;
  unlink(it->second);
  const auto next = members_.erase(it);
  owners_.notify_if_known(owner, priority_of(source, Priority::kChange));
  owners_.drop_if_empty(owner);
  return next;
}

}  // namespace modelgate::reconciler
