// SPDX-License-Identifier: Apache-2.0
//
// Facts by live reads: the objects that a review needs are read from the API server, all at once, within the
// request's deadline. Created by cluster.cc; called on the server's threads, reads on the client's thread.
//
//   auto facts = std::make_shared<ClusterFacts>(client);
//   facts->look_up(needs, deadline, later.thread(), [](LookedUpFacts found) { ... });
//
// A fact is absent only if the API server says so and serves the kind. After any other error (a missing permission,
// a deadline, an unreachable API server) it is unknown. Nothing is cached: facts end with their review.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "kube/client/client.h"
#include "webhook/fact_source.h"

namespace modelgate::webhook {

struct FactCounts {
  std::uint64_t present = 0;
  std::uint64_t absent = 0;
  std::uint64_t unknown = 0;
};

class ClusterFacts final : public FactSource {
 public:
  /// `client` must outlive this, and its context must run as long as look_up() is called.
  explicit ClusterFacts(kube::Client& client) : client_(client) {}

  std::optional<LookedUpFacts> look_up(const admission::Needs& needs, http::SteadyTime deadline,
                                       http::RunOnThread thread,
                                       std::function<void(LookedUpFacts)> later) override;

  FactCounts counts() const;  // from any thread

 private:
  struct Lookup;

  kube::Task<void> read(std::shared_ptr<Lookup> lookup, std::size_t index);
  void count(const admission::Fact& fact);

  kube::Client& client_;
  std::atomic<std::uint64_t> present_ = 0, absent_ = 0, unknown_ = 0;
};

}  // namespace modelgate::webhook
