// SPDX-License-Identifier: Apache-2.0
#include "kube/lease_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "kube/client/resource.h"
#include "spec/view.h"

namespace modelgate::kube {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// A day. A longer leaseDurationSeconds is a mistake, and its sum with a time must not overflow.
constexpr std::int64_t kLongestDuration = 86'400;

}  // namespace

LeaseRecord read_lease(const spec::Value& lease) {
  const spec::ObjectView spec = spec::ObjectView(lease).object("spec");
  const std::int64_t duration = spec.integer("leaseDurationSeconds").value_or(0);
  return {.holder = std::string(spec.string("holderIdentity")),
          .duration = std::chrono::seconds(std::clamp<std::int64_t>(duration, 0, kLongestDuration)),
          .acquire_time = std::string(spec.string("acquireTime")),
          .renew_time = std::string(spec.string("renewTime")),
          .transitions = spec.integer("leaseTransitions").value_or(0)};
}

std::optional<LeaseSighting> sight(const std::optional<LeaseSighting>& before,
                                   const std::optional<LeaseRecord>& read, SteadyTime now) {
  if (!read) return std::nullopt;
  if (before && before->record == *read) return before;
  return LeaseSighting{*read, now};
}

LeaseStep next_step(const std::optional<LeaseSighting>& seen, SteadyTime now, std::string_view me,
                    bool leading) {
  if (!seen || seen->record.holder.empty()) return LeaseStep::kAcquire;
  if (seen->record.holder == me) return LeaseStep::kRenew;
  if (leading) return LeaseStep::kLost;
  return now < seen->until() ? LeaseStep::kWait : LeaseStep::kAcquire;
}

LeaseRecord held_by(std::string_view me, const std::optional<LeaseRecord>& before,
                    std::chrono::seconds duration, std::string_view now) {
  LeaseRecord out{.holder = std::string(me),
                  .duration = duration,
                  .acquire_time = std::string(now),
                  .renew_time = std::string(now),
                  .transitions = 0};
  if (!before) return out;
  const bool was_mine = before->holder == me;
  if (was_mine) out.acquire_time = before->acquire_time;
  out.transitions = before->transitions + (was_mine ? 0 : 1);
  return out;
}

LeaseRecord released(const LeaseRecord& before, std::string_view now) {
  return {.holder = {},
          .duration = std::chrono::seconds(1),  // the API requires more than 0
          .acquire_time = std::string(now),
          .renew_time = std::string(now),
          .transitions = before.transitions};
}

std::string lease_json(const spec::Value* read, std::string_view ns, std::string_view name,
                       const LeaseRecord& record) {
  spec::Arena arena;
  spec::Value lease = read ? spec::clone(*read, arena) : spec::Value(rapidjson::kObjectType);
  spec::set_member(lease, "apiVersion", spec::make_string(kLeases.api_version(), arena), arena);
  spec::set_member(lease, "kind", spec::make_literal(kLeases.kind), arena);
  if (!read) {
    spec::Value metadata(rapidjson::kObjectType);
    spec::set_member(metadata, "name", spec::make_string(name, arena), arena);
    spec::set_member(metadata, "namespace", spec::make_string(ns, arena), arena);
    spec::set_member(lease, "metadata", std::move(metadata), arena);
  }
  const spec::Value* had = spec::find(lease, "spec");
  spec::Value fields =
      had && had->IsObject() ? spec::clone(*had, arena) : spec::Value(rapidjson::kObjectType);
  const auto set = [&](std::string_view key, spec::Value value) {
    spec::set_member(fields, key, std::move(value), arena);
  };
  set("holderIdentity", spec::make_string(record.holder, arena));
  set("leaseDurationSeconds", spec::Value(static_cast<std::int64_t>(record.duration.count())));
  set("acquireTime", spec::make_string(record.acquire_time, arena));
  set("renewTime", spec::make_string(record.renew_time, arena));
  set("leaseTransitions", spec::Value(record.transitions));
  spec::set_member(lease, "spec", std::move(fields), arena);
  return spec::to_json(lease);
}

}  // namespace modelgate::kube
