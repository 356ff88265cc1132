// SPDX-License-Identifier: Apache-2.0
#include "kube/lease.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <utility>

#include "process/log.h"
#include "spec/text/rfc3339.h"

namespace modelgate::kube {
namespace {

using std::chrono::milliseconds;

/// Attempts of a write that conflicts, each with the current Lease. After three conflicts another candidate
/// has the lease.
constexpr int kAttempts = 3;

/// Candidates that wait read the Lease after `retry` times 1 to this factor, as in client-go.
constexpr double kJitter = 1.2;

SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}

std::string wall_now() {
  return text::format_rfc3339_micro(std::chrono::system_clock::now());
}

std::optional<LeaseRecord> record_in(const std::optional<LeaseSighting>& seen) {
  return seen ? std::optional(seen->record) : std::nullopt;
}

}  // namespace

LeaderElector::LeaderElector(Client& client, LeaseOptions options)
    : client_(client), options_(std::move(options)), timer_(client.context()) {
  if (options_.identity.empty()) throw std::invalid_argument("a lease needs an identity");
  if (options_.duration <= options_.renew || options_.renew <= options_.retry ||
      options_.retry.count() <= 0) {
    throw std::invalid_argument("a lease's times must be duration > renew > retry > 0");
  }
}

Task<void> LeaderElector::run() {
  while (!stopping_) {
    const Outcome outcome = co_await attempt();
    if (stopping_) break;
    end_when_over();
    timer_.expires_after(pause_after(outcome));
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    end_when_over();
  }
}

Task<LeaderElector::Outcome> LeaderElector::attempt() {
  for (int attempt = 0; attempt < kAttempts && !stopping_; ++attempt) {
    // The leader knows the Lease; a conflict shows that it has changed.
    const bool known = leading_ && lease_;
    if (!known && !co_await read()) co_return Outcome::kFailed;
    if (stopping_) break;
    const LeaseStep step = next_step(seen_, steady_now(), options_.identity, leading_);
    if (step == LeaseStep::kLost) set_leader_until({});
    if (step == LeaseStep::kLost || step == LeaseStep::kWait) co_return Outcome::kWaiting;
    const Outcome outcome = co_await hold();
    if (outcome != Outcome::kContended) co_return outcome;
  }
  co_return Outcome::kContended;
}

Task<bool> LeaderElector::read() {
  const CallOptions call{.deadline = call_deadline(steady_now()), .urgent = true};
  ApiResult<Object> lease = co_await client_.get(kLeases, options_.ns, options_.name, call);
  if (!lease && !lease.error().is_not_found()) {
    complain(lease.error());
    co_return false;
  }
  absent_ = !lease;
  std::optional<LeaseRecord> record;
  if (lease) {
    record = read_lease(lease->value());
    lease_.emplace(std::move(*lease));
  } else {
    lease_.reset();
  }
  seen_ = sight(seen_, record, steady_now());
  holder_ = record ? record->holder : std::string();
  co_return true;
}

/// Acquires or renews the lease.
Task<LeaderElector::Outcome> LeaderElector::hold() {
  const auto whole_seconds = std::chrono::ceil<std::chrono::seconds>(options_.duration);
  const LeaseRecord record = held_by(options_.identity, record_in(seen_), whole_seconds, wall_now());
  const std::string body =
      lease_json(lease_ ? &lease_->value() : nullptr, options_.ns, options_.name, record);
  const SteadyTime sent = steady_now();
  const CallOptions call{.deadline = call_deadline(sent), .urgent = true};
  ApiResult<Object> written = std::unexpected(ApiError{});
  if (absent_) {
    written = co_await client_.create(kLeases, options_.ns, body, call);
  } else {
    written = co_await client_.update(kLeases, options_.ns, options_.name, body, call);
  }
  if (!written) {
    const ApiError& error = written.error();
    lease_.reset();  // it may have been written
    if (error.is_conflict() || error.is_already_exists() || error.is_not_found()) {
      co_return Outcome::kContended;
    }
    complain(error);
    co_return Outcome::kFailed;
  }
  complained_ = false;
  absent_ = false;
  lease_.emplace(std::move(*written));
  seen_ = sight(seen_, read_lease(lease_->value()), steady_now());
  holder_ = options_.identity;
  set_leader_until(sent + options_.renew);
  co_return Outcome::kHeld;
}

Task<void> LeaderElector::release() {
  const SteadyTime deadline = steady_now() + options_.retry;
  stopping_ = true;
  timer_.cancel();
  set_leader_until({});
  for (int attempt = 0; attempt < kAttempts && steady_now() < deadline; ++attempt) {
    // Read again: a renewal may have been in flight.
    const CallOptions call{.deadline = deadline, .urgent = true};
    const ApiResult<Object> lease = co_await client_.get(kLeases, options_.ns, options_.name, call);
    if (!lease) co_return;
    const LeaseRecord record = read_lease(lease->value());
    holder_ = record.holder;
    if (record.holder != options_.identity) co_return;
    const std::string body =
        lease_json(&lease->value(), options_.ns, options_.name, released(record, wall_now()));
    const ApiResult<Object> written =
        co_await client_.update(kLeases, options_.ns, options_.name, body, call);
    if (written) holder_.clear();
    if (written || !written.error().is_conflict()) co_return;
  }
}

void LeaderElector::set_leader_until(SteadyTime until) {
  // Ignore an answer that arrives after the start of release().
  leader_until_ = stopping_ ? SteadyTime{} : until;
  const bool leads = is_leader(steady_now());
  if (leads == leading_) return;
  leading_ = leads;
  log::info(leads ? "became leader" : "stopped leading",
            {{"lease", options_.name}, {"namespace", options_.ns}, {"identity", options_.identity}});
  if (on_change_) on_change_(leads);
}

void LeaderElector::end_when_over() {
  if (leading_ && !is_leader(steady_now())) set_leader_until({});
}

/// Leaves time for two attempts before leadership ends, so that one hanging connection does not lose the
/// lease.
SteadyTime LeaderElector::call_deadline(SteadyTime now) const {
  const SteadyTime half = now + options_.renew / 2;
  return is_leader(now) ? std::min(half, leader_until_) : half;
}

milliseconds LeaderElector::pause_after(Outcome outcome) {
  const SteadyTime now = steady_now();
  const auto up_to = [&](SteadyTime end) {
    return std::max(std::chrono::ceil<milliseconds>(end - now), milliseconds(1));
  };
  if (is_leader(now)) return std::min(options_.retry, up_to(leader_until_));
  const double factor = std::uniform_real_distribution<>(1.0, kJitter)(random_);
  const auto pause =
      milliseconds(static_cast<std::int64_t>(static_cast<double>(options_.retry.count()) * factor));
  if (outcome != Outcome::kWaiting || !seen_ || seen_->until() <= now) return pause;
  return std::min(pause, up_to(seen_->until()));
}

/// Logs the first error of a series, not one every `retry`.
void LeaderElector::complain(const ApiError& error) {
  if (std::exchange(complained_, true)) return;
  log::warn("the lease could not be read or written; trying again",
            {{"lease", options_.name}, {"namespace", options_.ns}, {"error", error.to_string()}});
}

}  // namespace modelgate::kube
