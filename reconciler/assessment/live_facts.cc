// SPDX-License-Identifier: Apache-2.0
#include "reconciler/assessment/live_facts.h"

#include <memory>
#include <utility>

#include "kube/live_fact.h"
#include "process/log.h"
#include "spec/lookup_rounds.h"

namespace modelgate::reconciler {
namespace {

using spec::Fact;
using spec::ObjectKey;

/// One round. Shared with the reads, which may outlive the caller.
struct Round {
  std::vector<ObjectKey> keys;
  std::vector<kube::LiveFact> facts;
  std::size_t open = 0;
  kube::Waiters done;
};

kube::Task<void> read_one(kube::Client& client, std::shared_ptr<Round> round, std::size_t index,
                          kube::SteadyTime until) {
  const ObjectKey& key = round->keys[index];
  const kube::CallOptions options{.deadline = until};
  kube::LiveFact& fact = round->facts[index];
  fact = co_await kube::read_live_fact(client, key, options);
  if (fact.state == Fact::State::kUnknown) {
    log::debug(
        "fact unknown",
        {{"kind", key.kind}, {"namespace", key.namespace_}, {"name", key.name}, {"reason", fact.problem}});
  }
}

}  // namespace

kube::Task<void> LiveFacts::look_up(std::vector<ObjectKey> keys, kube::SteadyTime until) {
  const auto round = std::make_shared<Round>();
  round->keys = std::move(keys);
  round->facts.resize(round->keys.size());
  round->open = round->keys.size();
  for (std::size_t i = 0; i < round->keys.size(); ++i) {
    kube::spawn(client_.context(), "live read", [&client = client_, round, i, until]() -> kube::Task<void> {
      co_await read_one(client, round, i, until);
      if (--round->open == 0) round->done.wake_all();
    });
  }
  while (round->open > 0) {
    const bool woken = co_await round->done.wait(until);
    if (!woken) break;
  }
  for (std::size_t i = 0; i < round->keys.size(); ++i) {
    kube::LiveFact& live = round->facts[i];
    Fact fact{.state = live.state};
    may_change_ = may_change_ || fact.state != Fact::State::kPresent;
    if (live.object) fact.object = &objects_.emplace_back(std::move(*live.object)).value();
    facts_.add(round->keys[i], fact);
  }
}

void LiveFacts::leave_unknown(const std::vector<ObjectKey>& keys) {
  spec::leave_unknown(keys, facts_);
  may_change_ = may_change_ || !keys.empty();
}

}  // namespace modelgate::reconciler
