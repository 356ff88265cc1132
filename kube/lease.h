// SPDX-License-Identifier: Apache-2.0
//
// Leader election over a coordination.k8s.io Lease, as client-go's leaderelection does it, so that a Lease
// can be read by the customary tools.
//
//   LeaderElector elector(client, {.ns = "kserve", .name = "modelgate-webhook", .identity = pod_name});
//   spawn(context, "lease", [&] { return elector.run(); });
//   if (elector.is_leader(now)) write();
//
// The holder renews every `retry`; it stops calling itself leader when it could not renew for `renew`;
// another takes the lease when it saw no renewal for `duration` of its own clock, whatever the times in the
// Lease say. Safety rests on resourceVersions and idempotent writes, the lease only keeps two from working at
// once.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "kube/client.h"

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
  LeaderElector(Client& client, LeaseOptions options);

  /// Tries to become and stay leader, until the context ends.
  Task<void> run();
  /// Gives the lease up, so that the next one need not wait. After run() was left.
  Task<void> release();

  /// True while this process may act as leader. A write's deadline must end before leader_until().
  bool is_leader(SteadyTime now) const { return now < leader_until_; }
  SteadyTime leader_until() const { return leader_until_; }
  /// Who holds it, as last read; empty where nobody does.
  const std::string& holder() const { return holder_; }
  /// Called when leadership begins (true) and ends (false).
  void on_change(std::function<void(bool)> told) { told_ = std::move(told); }

 private:
  Client& client_;
  LeaseOptions options_;
  SteadyTime leader_until_{};
  std::string holder_;
  std::function<void(bool)> told_;
};

}  // namespace modelgate::kube
