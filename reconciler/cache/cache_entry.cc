// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/cache_entry.h"

#include <fmt/format.h>

#include <charconv>
#include <tuple>

namespace modelgate::reconciler {
namespace {

std::optional<std::uint64_t> version_number(std::string_view version) {
  std::uint64_t out = 0;
  const char* const end = version.data() + version.size();
  const auto [at, error] = std::from_chars(version.data(), end, out);
  if (error != std::errc() || at != end) return std::nullopt;
  return out;
}

bool is_older(std::string_view version, std::string_view kept) {
  const auto a = version_number(version);
  const auto b = version_number(kept);
  return a && b && *a < *b;
}

}  // namespace

bool CacheEntry::is_newer_than(const kube::Object& object, Source source) const {
  const bool is_list = source == Source::kFirstList || source == Source::kList;
  if (is_list && !unconfirmed) return false;
  return is_older(object.resource_version(), resource_version.view());
}

void CacheEntry::confirm(const kube::Object& object, Source source) {
  // A reply that brings nothing new (an apply that changed nothing) has no event.
  if (source != Source::kReply) unconfirmed = false;
  if (source == Source::kReply && object.resource_version() != resource_version.view()) unconfirmed = true;
}

bool Member::same_as(const Member& other) const {
  const auto parts = [](const Member& m) {
    return std::tie(m.owner, m.digest, m.replicas, m.has_replicas, m.replicas_ours, m.replicas_others,
                    m.being_deleted, m.kserve_manages);
  };
  return parts(*this) == parts(other) && uid == other.uid && owner_uid == other.owner_uid &&
         observed == other.observed;
}

Text Owner::shared_uid(std::string_view uid) const {
  if (service && service->uid.view() == uid) return service->uid;
  for (const MemberRef& ref : members) {
    if (ref.member->owner_uid.view() == uid) return ref.member->owner_uid;
  }
  return Text(uid);
}

Owner& Owners::get(NameView name) {
  const auto known = owners_.find(name);
  if (known != owners_.end()) return known->second;
  const auto made = owners_.try_emplace(Name{Text(name.ns), Text(name.name)}).first;
  made->second.name = &made->first;
  return made->second;
}

const Owner* Owners::find(NameView name) const {
  const auto it = owners_.find(name);
  return it == owners_.end() ? nullptr : &it->second;
}

void Owners::drop_if_empty(Owner& owner) {
  if (!owner.service && owner.members.empty()) owners_.erase(owners_.find(owner.name->view()));
}

bool Forgotten::holds(const kube::Object& object, std::uint32_t list) {
  const auto it = entries_.find(object.uid());
  if (it == entries_.end()) return false;
  it->second.seen = list;
  const std::string_view version = object.resource_version();
  return version == it->second.version || is_older(version, it->second.version);
}

void Forgotten::drop(std::string_view uid) {
  const auto it = entries_.find(uid);
  if (it != entries_.end()) entries_.erase(it);
}

void Forgotten::drop_unseen(std::uint32_t list) {
  std::erase_if(entries_, [list](const auto& entry) { return entry.second.seen != list; });
}

std::uint64_t digest_number(std::string_view digest) {
  std::uint64_t out = 0;
  std::from_chars(digest.data(), digest.data() + digest.size(), out, 16);
  return out;
}

std::string digest_text(std::uint64_t digest) {
  return digest == 0 ? std::string() : fmt::format("{:016x}", digest);
}

}  // namespace modelgate::reconciler
