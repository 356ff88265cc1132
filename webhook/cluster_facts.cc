// SPDX-License-Identifier: Apache-2.0
#include "webhook/cluster_facts.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "process/log.h"

namespace modelgate::webhook {

using admission::Fact;
using admission::ObjectKey;
using kube::LiveFact;

namespace {

constexpr std::string_view kTooLate = "the deadline of the request passed before it was read";

}  // namespace

/// One review's lookup, until every object was read. Lives on the client's thread.
struct ClusterFacts::Lookup {
  std::vector<ObjectKey> keys;
  std::string ns;
  http::SteadyTime deadline;
  http::RunOnThread thread;
  std::function<void(LookedUpFacts)> later;
  std::vector<LiveFact> facts;
  std::size_t open = 0;

  LookedUpFacts result() {
    LookedUpFacts found;
    const auto owned = std::make_shared<std::vector<LiveFact>>(std::move(facts));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      LiveFact& fact = (*owned)[i];
      const spec::Value* object = fact.object ? &fact.object->value() : nullptr;
      if (fact.state == Fact::State::kUnknown)
        found.unread.push_back({keys[i], fact.problem, fact.overloaded});
      found.facts.emplace_back(std::move(keys[i]), Fact{fact.state, object});
    }
    found.objects = owned;
    return found;
  }
};

std::optional<LookedUpFacts> ClusterFacts::look_up(const admission::Needs& needs, std::string_view ns,
                                                   http::SteadyTime deadline, http::RunOnThread thread,
                                                   std::function<void(LookedUpFacts)> later) {
  if (std::chrono::steady_clock::now() >= deadline) {
    unknown_ += needs.objects.size();
    return all_unknown(needs, kTooLate, true);
  }
  auto lookup = std::make_shared<Lookup>();
  lookup->keys = needs.objects;
  lookup->ns = ns;
  lookup->deadline = deadline;
  lookup->thread = std::move(thread);
  lookup->later = std::move(later);
  lookup->facts.resize(needs.objects.size());
  lookup->open = needs.objects.size();
  kube::asio::post(client_.context(), [this, lookup = std::move(lookup)] {
    for (std::size_t i = 0; i < lookup->keys.size(); ++i) {
      kube::asio::co_spawn(client_.context(), read(lookup, i), kube::asio::detached);
    }
  });
  return std::nullopt;
}

kube::Task<LiveFact> ClusterFacts::read_in_turn(const Lookup& lookup, std::size_t index) {
  const bool in_turn = co_await turns_->take(lookup.ns, lookup.deadline);
  if (!in_turn) co_return LiveFact{.object = {}, .problem = std::string(kTooLate), .overloaded = true};
  const FairTurns::Turn turn(turns_, lookup.ns);
  const kube::CallOptions options{.deadline = lookup.deadline, .urgent = true};
  co_return co_await kube::read_live_fact(client_, lookup.keys[index], options);
}

kube::Task<void> ClusterFacts::read(std::shared_ptr<Lookup> lookup, std::size_t index) {
  const ObjectKey& key = lookup->keys[index];
  LiveFact& fact = lookup->facts[index];
  try {
    fact = co_await read_in_turn(*lookup, index);
  } catch (const std::exception& bug) {
    fact.problem = bug.what();
    log::error("a live read failed", {{"kind", key.kind}, {"reason", fact.problem}});
  }
  count(fact.state);
  if (fact.state == Fact::State::kUnknown) {
    log::debug(
        "fact unknown",
        {{"kind", key.kind}, {"namespace", key.namespace_}, {"name", key.name}, {"reason", fact.problem}});
  }
  if (--lookup->open > 0) co_return;
  lookup->thread(
      [later = std::move(lookup->later), found = lookup->result()]() mutable { later(std::move(found)); });
}

void ClusterFacts::count(Fact::State state) {
  switch (state) {
    case Fact::State::kPresent:
      ++present_;
      break;
    case Fact::State::kAbsent:
      ++absent_;
      break;
    case Fact::State::kUnknown:
      ++unknown_;
      break;
  }
}

FactCounts ClusterFacts::counts() const {
  return {.present = present_, .absent = absent_, .unknown = unknown_};
}

}  // namespace modelgate::webhook
