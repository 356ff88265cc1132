// SPDX-License-Identifier: Apache-2.0
#include "reconciler/assessment/live_facts.h"

#include <memory>
#include <optional>
#include <utility>

#include "process/log.h"
#include "spec/lookup_rounds.h"

namespace modelgate::reconciler {
namespace {

using spec::Fact;
using spec::ObjectKey;

/// One round. Shared with the reads, which may outlive the caller.
struct Round {
  std::vector<ObjectKey> keys;
  std::vector<Fact::State> states;
  std::vector<std::optional<kube::Object>> objects;
  std::size_t open = 0;
  kube::Waiters done;
};

/// For a kind that it does not serve, the API server answers `404 page not found`.
bool is_absent(const kube::ApiError& error, const ObjectKey& key) {
  return error.is_not_found() && error.message.contains('"' + key.name + '"');
}

kube::Task<void> read_one(kube::Client& client, std::shared_ptr<Round> round, std::size_t index,
                          kube::SteadyTime until) {
  const ObjectKey& key = round->keys[index];
  const kube::Resource* const resource = kube::resource_of_kind(key.kind);
  std::string problem = "unknown kind, or no name";
  if (resource && !key.name.empty()) {
    const kube::CallOptions options{.deadline = until};
    auto object = co_await client.get(*resource, key.namespace_, key.name, options);
    if (object) {
      round->states[index] = Fact::State::kPresent;
      round->objects[index] = std::move(*object);
    } else {
      problem = object.error().to_string();
      if (is_absent(object.error(), key)) round->states[index] = Fact::State::kAbsent;
    }
  }
  if (round->states[index] == Fact::State::kUnknown) {
    log::debug("fact unknown",
               {{"kind", key.kind}, {"namespace", key.namespace_}, {"name", key.name}, {"reason", problem}});
  }
}

}  // namespace

kube::Task<void> LiveFacts::look_up(std::vector<ObjectKey> keys, kube::SteadyTime until) {
  const auto round = std::make_shared<Round>();
  round->keys = std::move(keys);
  round->states.resize(round->keys.size(), Fact::State::kUnknown);
  round->objects.resize(round->keys.size());
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
    Fact fact{.state = round->states[i]};
    may_change_ = may_change_ || fact.state != Fact::State::kPresent;
    if (round->objects[i]) fact.object = &objects_.emplace_back(std::move(*round->objects[i])).value();
    facts_.add(round->keys[i], fact);
  }
}

void LiveFacts::leave_unknown(const std::vector<ObjectKey>& keys) {
  spec::leave_unknown(keys, facts_);
  may_change_ = may_change_ || !keys.empty();
}

}  // namespace modelgate::reconciler
