// SPDX-License-Identifier: Apache-2.0
//
// What a Lease says, what to do about it, and what to write: the decisions of kube/lease.h without network or
// clock. Also read by `modelgate doctor`.
//
//   LeaseRecord record = read_lease(object.value());
//   sighting = sight(sighting, record, now);
//   if (next_step(sighting, now, me, leading) == LeaseStep::kAcquire) ...
//
// The times in a Lease are other machines' and are never compared with ours: a lease is given up for dead
// when it has stayed the same for its duration on our own steady clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spec/json.h"

namespace modelgate::kube {

struct LeaseRecord {
  std::string holder;  // empty: nobody holds it
  std::chrono::seconds duration{0};
  std::string acquire_time, renew_time;  // RFC 3339 in UTC with microseconds; only ever compared for equality
  std::int64_t transitions = 0;

  bool operator==(const LeaseRecord&) const = default;
};

/// Fields that are absent or of another type read as empty or 0.
LeaseRecord read_lease(const spec::Value& lease);

/// A record, and since when it has been seen unchanged.
struct LeaseSighting {
  LeaseRecord record;
  std::chrono::steady_clock::time_point since;

  /// When it is free for anybody, unless it changes before.
  std::chrono::steady_clock::time_point until() const { return since + record.duration; }
};

/// `read` is nothing where there is no Lease.
std::optional<LeaseSighting> sight(const std::optional<LeaseSighting>& before,
                                   const std::optional<LeaseRecord>& read,
                                   std::chrono::steady_clock::time_point now);

enum class LeaseStep : std::uint8_t {
  kAcquire,  // nobody holds it, or who did has not renewed it
  kRenew,    // it is ours
  kWait,     // another holds it
  kLost,     // another holds it, and we took ourselves for the leader
};

LeaseStep next_step(const std::optional<LeaseSighting>& seen, std::chrono::steady_clock::time_point now,
                    std::string_view me, bool leading);

/// The record to write for kAcquire or kRenew. `now` is a text::format_rfc3339_micro().
LeaseRecord held_by(std::string_view me, const std::optional<LeaseRecord>& before,
                    std::chrono::seconds duration, std::string_view now);

/// The record that gives the lease up: any reader may take it at once.
LeaseRecord released(const LeaseRecord& before, std::string_view now);

/// The Lease as JSON, with `record` in it: `read` with what else it holds (its resourceVersion above all), or
/// a new one.
std::string lease_json(const spec::Value* read, std::string_view ns, std::string_view name,
                       const LeaseRecord& record);

}  // namespace modelgate::kube
