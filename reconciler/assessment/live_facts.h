// SPDX-License-Identifier: Apache-2.0
//
// Facts for building a service's objects that the catalog does not have (Secrets, ServiceAccounts), read
// from the API server: all of a round at once. Created by assessment.cc for one reconcile; nothing is
// cached.
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

  /// kube/live_fact.h says what is absent and what is unknown. What was not read until `until` is unknown.
  kube::Task<void> look_up(std::vector<spec::ObjectKey> keys, kube::SteadyTime until);
  /// Records these facts as unknown without a lookup.
  void leave_unknown(const std::vector<spec::ObjectKey>& keys);

  const spec::Facts& facts() const { return facts_; }
  /// A fact is unknown or absent, and no watch reports when that changes.
  bool may_change() const { return may_change_; }

 private:
  kube::Client& client_;
  spec::Facts facts_;
  std::deque<kube::Object> objects_;  // what the facts point to
  bool may_change_ = false;
};

}  // namespace modelgate::reconciler
