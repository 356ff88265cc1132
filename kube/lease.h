// SPDX-License-Identifier: Apache-2.0
//
// Leader election over a coordination.k8s.io Lease, as client-go's leaderelection does it, so that a Lease
// can be read by the customary tools.
//
//   LeaderElector elector(client, {.ns = "kserve", .name = "modelgate-webhook", .identity = pod_name});
//   spawn(context, "lease", [&] { return elector.run(); });
//   if (elector.is_leader(now)) write();
//   ...
//   co_await elector.release();  // at the end: the next one need not wait
//
// The holder renews every `retry`; it stops calling itself leader when it could not renew for `renew`,
// counted from when the last renewal that worked was sent; another takes the lease when it saw no renewal
// for `duration` of its own clock, whatever the times in the Lease say. A lease that nobody holds is taken
// at once. Safety rests on resourceVersions and idempotent writes, the lease only keeps two from working at
// once.
//
// Verbs on leases that it needs: get, create, update. The decisions are in kube/lease_record.h.
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
  std::string identity;  // of this process: Pod name and a random part
  std::chrono::milliseconds duration = std::chrono::seconds(15);
  std::chrono::milliseconds renew = std::chrono::seconds(10);
  std::chrono::milliseconds retry = std::chrono::seconds(2);
};

class LeaderElector {
 public:
  /// Throws std::invalid_argument unless there is an identity and duration > renew > retry > 0.
  /// The client must outlive it, and it must outlive run().
  LeaderElector(Client& client, LeaseOptions options);

  /// Tries to become and stay leader, until release() or the context's end.
  Task<void> run();
  /// Ends run(), and gives the lease up where it is ours, so that the next one need not wait. It takes
  /// `retry` at the most; a lease that could not be given up runs out by itself.
  Task<void> release();

  /// True while this process may act as leader. A write's deadline must end before leader_until().
  bool is_leader(SteadyTime now) const { return now < leader_until_; }
  SteadyTime leader_until() const { return leader_until_; }
  /// Who holds it, as last read; empty where nobody does.
  const std::string& holder() const { return holder_; }
  /// Called when leadership begins (true) and ends (false).
  void on_change(std::function<void(bool)> told) { told_ = std::move(told); }

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
  std::optional<Object> lease_;  // as last read or written; nothing: to be read
  bool absent_ = false;          // it was read, and there is none
  std::optional<LeaseSighting> seen_;
  SteadyTime leader_until_{};
  bool leading_ = false;  // what was told
  bool stopping_ = false;
  bool complained_ = false;
  std::string holder_;
  std::function<void(bool)> told_;
};

}  // namespace modelgate::kube
