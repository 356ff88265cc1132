// SPDX-License-Identifier: Apache-2.0
//
// Facts by live reads: the objects that a review needs are read from the API server, all at once, within the
// request's deadline. Created by cluster.cc; called on the server's threads, reads on the client's thread.
//
//   auto facts = std::make_shared<ClusterFacts>(client);
//   facts->look_up(needs, deadline, later.thread(), [](LookedUpFacts found) { ... });
//
// kube/live_fact.h says what is absent and what is unknown. Nothing is cached: facts end with their review.
// The reads take turns (webhook/fair_turns.h), so that the requests of one namespace cannot delay those of another
// until their deadline.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "kube/client/client.h"
#include "kube/live_fact.h"
#include "webhook/fact_source.h"
#include "webhook/fair_turns.h"

namespace modelgate::webhook {

struct FactCounts {
  std::uint64_t present = 0;
  std::uint64_t absent = 0;
  std::uint64_t unknown = 0;
};

/// Reads at the same time, of all requests: twice the client's connections, which urgent calls may use.
inline constexpr std::size_t kMaxReads = 16;

/// Of these, reads of one namespace's requests. The others stay free for other namespaces.
inline constexpr std::size_t kMaxReadsOfNamespace = 8;

class ClusterFacts final : public FactSource {
 public:
  /// `client` must outlive this, and its context must run as long as look_up() is called.
  explicit ClusterFacts(kube::Client& client) : client_(client) {}

  std::optional<LookedUpFacts> look_up(const admission::Needs& needs, std::string_view ns,
                                       http::SteadyTime deadline, http::RunOnThread thread,
                                       std::function<void(LookedUpFacts)> later) override;

  FactCounts counts() const;  // from any thread

 private:
  struct Lookup;

  kube::Task<void> read(std::shared_ptr<Lookup> lookup, std::size_t index);
  kube::Task<kube::LiveFact> read_in_turn(const Lookup& lookup, std::size_t index);
  void count(admission::Fact::State state);

  kube::Client& client_;
  const std::shared_ptr<FairTurns> turns_ = std::make_shared<FairTurns>(kMaxReads, kMaxReadsOfNamespace);
  std::atomic<std::uint64_t> present_ = 0, absent_ = 0, unknown_ = 0;
};

}  // namespace modelgate::webhook
