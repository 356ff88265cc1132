// SPDX-License-Identifier: Apache-2.0
//
// Parses a Lease, decides the next step and builds the Lease to write, for kube/lease.h, without network or
// clock. Also used by `modelgate doctor`.
//
//   LeaseRecord record = read_lease(object.value());
//   sighting = sight(sighting, record, now);
//   if (next_step(sighting, now, me, leading) == LeaseStep::kAcquire) ...
//
// The times in a Lease are from other machines' clocks and are not compared with ours: a lease has expired
// when it has not changed for its duration on our own steady clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spec/json.h"

namespace modelgate::kube {

struct LeaseRecord {
  std::string holder;  // empty: none
  std::chrono::seconds duration{0};
  std::string acquire_time, renew_time;  // RFC 3339 in UTC with microseconds; only ever compared for equality
  std::int64_t transitions = 0;

  bool operator==(const LeaseRecord&) const = default;
};

/// Fields that are missing or have the wrong type become empty or 0.
LeaseRecord read_lease(const spec::Value& lease);

/// A record, and since when it has not changed.
struct LeaseSighting {
  LeaseRecord record;
  std::chrono::steady_clock::time_point since;

  /// When it expires, unless it changes before.
  std::chrono::steady_clock::time_point until() const { return since + record.duration; }
};

/// `read`: nothing if there is no Lease.
std::optional<LeaseSighting> sight(const std::optional<LeaseSighting>& before,
                                   const std::optional<LeaseRecord>& read,
                                   std::chrono::steady_clock::time_point now);

enum class LeaseStep : std::uint8_t {
  kAcquire,  // it has no holder, or it has expired
  kRenew,    // this process holds it
  kWait,     // another process holds it
  kLost,     // another process holds it, and this one was leading
};

LeaseStep next_step(const std::optional<LeaseSighting>& seen, std::chrono::steady_clock::time_point now,
                    std::string_view me, bool leading);

/// The record to write for kAcquire or kRenew. `now` is a text::format_rfc3339_micro().
LeaseRecord held_by(std::string_view me, const std::optional<LeaseRecord>& before,
                    std::chrono::seconds duration, std::string_view now);

/// The record that releases the lease: any candidate may take it immediately.
LeaseRecord released(const LeaseRecord& before, std::string_view now);

/// The Lease with `record` as JSON: a changed copy of `read`, with its resourceVersion, or a new one.
std::string lease_json(const spec::Value* read, std::string_view ns, std::string_view name,
                       const LeaseRecord& record);

}  // namespace modelgate::kube
