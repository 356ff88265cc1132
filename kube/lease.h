// SPDX-License-Identifier: Apache-2.0
//
// Leader election with a coordination.k8s.io Lease, compatible with client-go's leaderelection.
//
//   LeaderElector elector(client, {.ns = "kserve", .name = "modelgate-webhook", .identity = pod_name});
//   spawn(context, "lease", [&] { return elector.run(); });
//   if (elector.is_leader(now)) write();
//   ...
//   co_await elector.release();  // at shutdown: the next leader need not wait
//
// The holder renews every `retry`. It stops leading when it could not renew for `renew`, measured from the
// time when it sent the last successful renewal. Another candidate takes the lease when it has seen no
// renewal for `duration` on its own clock; it ignores the times in the Lease. A lease without holder is taken
// immediately. resourceVersions and idempotent writes guarantee correctness; the lease avoids two active
// replicas.
//
// Needs the verbs get, create and update on leases. The decisions are in kube/lease_record.h.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <random>
#include <string>

#include "kube/client/client.h"
#include "kube/lease_record.h"

namespace modelgate::kube {

struct LeaseOptions {
  std::string ns, name;
  std::string identity;  // of this process: Pod name and a random part; see lease_identity()
  std::chrono::milliseconds duration = std::chrono::seconds(15);
  std::chrono::milliseconds renew = std::chrono::seconds(10);
  std::chrono::milliseconds retry = std::chrono::seconds(2);
};

class LeaderElector {
 public:
  /// Throws std::invalid_argument unless the identity is set and duration > renew > retry > 0. The client
  /// must outlive it, and it must outlive run().
  LeaderElector(Client& client, LeaseOptions options);

  /// Tries to become and stay leader, until release() or the context's end.
  Task<void> run();
  /// Ends run(), and releases the lease if this process holds it, so that the next leader need not wait.
  /// Takes `retry` at most; a lease that could not be released expires.
  Task<void> release();

  /// True while this process may act as leader. A write's deadline must end before leader_until().
  bool is_leader(SteadyTime now) const { return now < leader_until_; }
  SteadyTime leader_until() const { return leader_until_; }
  /// The holder when the lease was last read; empty if there is none.
  const std::string& holder() const { return holder_; }
  /// `callback` is called when leadership begins (true) and ends (false).
  void on_change(std::function<void(bool)> callback) { on_change_ = std::move(callback); }

 private:
  enum class Outcome : std::uint8_t { kHeld, kWaiting, kContended, kFailed };

  Task<Outcome> attempt();
  Task<bool> read();
  Task<Outcome> hold();
  void set_leader_until(SteadyTime until);
  void end_when_over();
  SteadyTime call_deadline(SteadyTime now) const;
  std::chrono::milliseconds pause_after(Outcome outcome);
  void complain(const ApiError& error);

  Client& client_;
  LeaseOptions options_;
  asio::steady_timer timer_;
  std::minstd_rand random_{std::random_device{}()};
  std::optional<Object> lease_;  // as last read or written; nothing: must be read
  bool absent_ = false;          // the last read found no Lease
  std::optional<LeaseSighting> seen_;
  SteadyTime leader_until_{};
  bool leading_ = false;  // the last value passed to on_change_
  bool stopping_ = false;
  bool complained_ = false;
  std::string holder_;
  std::function<void(bool)> on_change_;
};

}  // namespace modelgate::kube
