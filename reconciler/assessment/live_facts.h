// SPDX-License-Identifier: Apache-2.0
//
// What building a service's objects has to know beyond the catalog (Secrets, ServiceAccounts), read from the
// API server: all of a round at once. Made by assessment.cc for one reconcile; nothing is kept.
//
//   LiveFacts facts(client);
//   co_await facts.look_up(wanted.needs, until);
//   build_wanted(service, {.facts = &facts.facts(), ...}, arena);
#pragma once

#include <deque>
#include <vector>

#include "kube/client/client.h"
#include "spec/facts.h"

namespace modelgate::reconciler {

class LiveFacts {
 public:
  explicit LiveFacts(kube::Client& client) : client_(client) {}

  /// Absent is what the API server says is so of a kind that it has; whatever else goes wrong is unknown.
  kube::Task<void> look_up(std::vector<spec::ObjectKey> keys, kube::SteadyTime until);
  /// Adds the keys as unknown, without a lookup.
  void leave_unknown(const std::vector<spec::ObjectKey>& keys);

  const spec::Facts& facts() const { return facts_; }
  /// Something is unknown, or not there yet, and no watch tells when that changes.
  bool may_change() const { return may_change_; }

 private:
  kube::Client& client_;
  spec::Facts facts_;
  std::deque<kube::Object> objects_;  // what the facts point to
  bool may_change_ = false;
};

}  // namespace modelgate::reconciler
