// SPDX-License-Identifier: Apache-2.0
//
// How the cache keeps what child.h describes: for cache.cc and its tables only.
//
// An Owner is a service's name and all that goes by it, also where the service itself is not known (yet): its
// object, and references to its members: children and Pods. Members live in the table of their kind, by name.
// Strings are shared where they are the same (text.h), and what is long is packed (packed_text.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kube/client/object.h"
#include "reconciler/cache/packed_text.h"
#include "reconciler/cache/text.h"
#include "reconciler/queue/service_key.h"
#include "reconciler/queue/work_queue.h"

namespace modelgate::reconciler {

struct NameView {
  std::string_view ns, name;
  NameView view() const { return *this; }
};

struct Name {
  Text ns, name;
  NameView view() const { return {ns.view(), name.view()}; }
};

inline NameView name_of(const kube::Object& object) {
  return {object.namespace_(), object.name()};
}

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(const auto& name) const noexcept {
    const std::hash<std::string_view> hash;
    return hash(name.view().ns) * 31 + hash(name.view().name);
  }
};

struct NameEqual {
  using is_transparent = void;
  bool operator()(const auto& a, const auto& b) const noexcept {
    return a.view().name == b.view().name && a.view().ns == b.view().ns;
  }
};

template <class T>
using ByName = std::unordered_map<Name, T, NameHash, NameEqual>;

/// Where an object comes from.
enum class Source : std::uint8_t { kFirstList, kList, kWatch, kReply };

/// A start is no news.
inline Priority priority_of(Source source, Priority otherwise) {
  return source == Source::kFirstList ? Priority::kResync : otherwise;
}

/// What both a service and a member have.
struct CacheEntry {
  Text uid, resource_version;
  std::uint32_t seen = 0;    // the number of the last list that held it
  bool unconfirmed = false;  // a reply to a write of ours, whose event is still to come
  bool being_deleted = false;

  /// Whether the object is older than what is kept. A fresh list counts whatever its versions are (a cluster
  /// may have been restored from a backup), unless a write of ours came after it.
  bool is_newer_than(const kube::Object& object, Source source) const;
  /// To be set before the new version is.
  void confirm(const kube::Object& object, Source source);
};

struct Owner;

/// A child or a Pod.
struct Member : CacheEntry {
  Owner* owner = nullptr;
  Text owner_uid;
  Text observed;             // packed
  std::uint64_t digest = 0;  // spec::digest as a number; 0: none
  std::int64_t replicas = 0;
  bool has_replicas = false, replicas_ours = false, replicas_others = false;
  bool kserve_manages = false;

  /// Nothing is another but for resourceVersion.
  bool same_as(const Member& other) const;
};

struct Service : CacheEntry {
  std::int64_t generation = 0;
  std::uint64_t digest = 0;
  Text text;  // packed
};

class MemberTable;

struct MemberRef {
  const MemberTable* table;
  const Name* name;
  const Member* member;
};

struct Owner {
  const Name* name = nullptr;
  std::optional<Service> service;
  std::vector<MemberRef> members;

  ServiceKey key() const { return {std::string(name->ns.view()), std::string(name->name.view())}; }
  /// `uid` in the block in which it is there already, if it is.
  Text shared_uid(std::string_view uid) const;
};

/// All owners, and whom to tell of them.
class Owners {
 public:
  using Told = std::function<void(const ServiceKey&, Priority)>;
  explicit Owners(Told told) : told_(std::move(told)) {}

  /// A new one where there is none; drop_if_empty() is to follow where it stays empty.
  Owner& get(NameView name);
  const Owner* find(NameView name) const;
  void drop_if_empty(Owner& owner);
  const ByName<Owner>& all() const { return owners_; }
  ByName<Owner>& all() { return owners_; }

  void tell(const Owner& owner, Priority why) const { told_(owner.key(), why); }
  /// Of a member: whoever does not know the service has nothing to look at.
  void tell_if_known(const Owner& owner, Priority why) const {
    if (owner.service) tell(owner, why);
  }

  TextPacker packer;

 private:
  Told told_;
  ByName<Owner> owners_;
};

/// What deletes of ours took away, until its event comes: events from before are still under way.
class Forgotten {
 public:
  void add(std::string_view uid, std::string_view version) {
    entries_[std::string(uid)] = {std::string(version), 0};
  }
  /// `list`: the number of the list that holds it; 0 for a watch's event.
  bool holds(const kube::Object& object, std::uint32_t list);
  void drop(std::string_view uid);
  /// Whatever that list did not hold.
  void drop_unseen(std::uint32_t list);

 private:
  struct Entry {
    std::string version;
    std::uint32_t seen = 0;
  };
  std::map<std::string, Entry, std::less<>> entries_;
};

/// spec::digest's text as the number that it is, and back; 0 and empty where there is none.
std::uint64_t digest_number(std::string_view digest);
std::string digest_text(std::uint64_t digest);

}  // namespace modelgate::reconciler
