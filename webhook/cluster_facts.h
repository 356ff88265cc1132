// SPDX-License-Identifier: Apache-2.0
#pragma once

// Facts by live reads: each object that a review needs is read from the API server, all of them at once,
// within the request's deadline. Made by webhook/cluster.cc; asked on the server's threads, reads on the
// client's.
//
//   auto facts = std::make_shared<ClusterFacts>(client);
//   facts->ask(needs, deadline, later.thread(), [](ToldFacts told) { ... });
//
// Absent is said only where the API server said so of an object whose kind it knows. Whatever else goes
// wrong, a missing permission, a deadline, an API server that is away, is unknown. Nothing is kept: what is
// told ends with the review that asked.

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
  // `client` must outlive it, and its context must run for as long as anybody asks.
  explicit ClusterFacts(kube::Client& client) : client_(client) {}

  std::optional<ToldFacts> ask(const admission::Needs& needs, http::SteadyTime deadline,
                               http::RunOnThread thread, std::function<void(ToldFacts)> later) override;

  FactCounts counts() const;  // from any thread

 private:
  struct Question;

  kube::Task<void> read(std::shared_ptr<Question> question, std::size_t index);
  void count(const admission::Fact& fact);

  kube::Client& client_;
  std::atomic<std::uint64_t> present_ = 0, absent_ = 0, unknown_ = 0;
};

}  // namespace modelgate::webhook
