// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who looks up what a review needs and the catalog does not hold: a Secret's keys, a ServiceAccount, whether
// a Deployment exists. Asked by webhook/admission_handler.cc, on the thread of the request.
//
// The API server's client will implement it with live reads. Until there is one, `KnowsNothing` answers at
// once that nothing is known, and what is not known never denies.

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "admission/facts.h"
#include "webhook/http.h"

namespace modelgate::webhook {

// One fact for each object that was asked for.
struct ToldFacts {
  std::vector<std::pair<admission::ObjectKey, admission::Fact>> facts;
  std::shared_ptr<const void> objects;  // keeps alive what the facts point to
};

class FactSource {
 public:
  virtual ~FactSource() = default;

  // Looks up every object of `needs`. Returns the facts, or nothing and calls `later` once, on the thread
  // that called, no later than `deadline` and not from within this call. What could not be found out by then
  // is told as kUnknown. Secrets are never cached.
  virtual std::optional<ToldFacts> ask(const admission::Needs& needs, SteadyTime deadline,
                                       std::function<void(ToldFacts)> later) = 0;
};

class KnowsNothing final : public FactSource {
 public:
  std::optional<ToldFacts> ask(const admission::Needs& needs, SteadyTime,
                               std::function<void(ToldFacts)>) override {
    ToldFacts told;
    for (const admission::ObjectKey& object : needs.objects)
      told.facts.emplace_back(object, admission::Fact{});
    return told;
  }
};

}  // namespace modelgate::webhook
