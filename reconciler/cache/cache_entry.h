// SPDX-License-Identifier: Apache-2.0
//
// One object as the cache stores it: the compact form of child.h. For the cache's own files.
//
// Equal strings are shared (text.h), and long ones are compressed (packed_text.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kube/client/object.h"
#include "reconciler/cache/text.h"
#include "reconciler/queue/work_queue.h"

namespace modelgate::reconciler {

/// Where an object comes from.
enum class Source : std::uint8_t { kFirstList, kList, kWatch, kReply };

/// Objects of the first list are no changes.
inline Priority priority_of(Source source, Priority otherwise) {
  return source == Source::kFirstList ? Priority::kResync : otherwise;
}

/// What services and members have in common.
struct CacheEntry {
  Text uid, resource_version;
  std::uint32_t seen = 0;    // the number of the last list that contained it
  bool unconfirmed = false;  // from the reply to a write of ours, whose watch event has not arrived yet
  bool being_deleted = false;

  /// True if `object` is older than this entry. A new list replaces entries whatever their versions are (a
  /// cluster may have been restored from a backup), except those of our own writes after it.
  bool is_newer_than(const kube::Object& object, Source source) const;
  /// Updates `unconfirmed`; to be called before the new version is set.
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

  /// Equal except for resourceVersion.
  bool same_as(const Member& other) const;
};

struct Service : CacheEntry {
  std::int64_t generation = 0;
  std::uint64_t digest = 0;
  Text text;  // packed
};

/// spec::digest's text as a number, and back; 0 and empty if there is none.
std::uint64_t digest_number(std::string_view digest);
std::string digest_text(std::uint64_t digest);

/// True if both are numbers and the first is the smaller one.
bool is_older_version(std::string_view version, std::string_view other);

}  // namespace modelgate::reconciler
