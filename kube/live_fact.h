// SPDX-License-Identifier: Apache-2.0
//
// Facts (spec/facts.h) by live reads. Used by the webhook (webhook/cluster_facts.h) and by the reconciler
// (reconciler/assessment/live_facts.h).
//
//   LiveFact fact = co_await read_live_fact(client, {"Secret", "default", "a"}, options);
//   if (fact.state == spec::Fact::State::kUnknown) report(fact.problem);
//
// An object is absent only if the API server says so and serves the kind. After any other answer (a missing
// permission, a deadline, an unreachable API server, another object) it is unknown.
#pragma once

#include <optional>
#include <string>

#include "kube/client/client.h"
#include "spec/facts.h"

namespace modelgate::kube {

struct LiveFact {
  spec::Fact::State state = spec::Fact::State::kUnknown;
  std::optional<Object> object;  // if it is present; for a key without a name, a List
  std::string problem;           // why it is absent or unknown
  /// Unknown, because there was no answer in time or too many calls: it may be read when there are fewer.
  bool overloaded = false;
};

Task<LiveFact> read_live_fact(Client& client, spec::ObjectKey key, CallOptions options);

}  // namespace modelgate::kube
