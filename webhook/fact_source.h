// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who looks up what a review needs and the catalog does not hold: a Secret's keys, a ServiceAccount, whether
// a Deployment exists. Asked by webhook/admission_handler.cc, on the thread of the request.
//
// In a cluster webhook/cluster_facts.h answers with live reads, else `ManifestFacts` with what the manifests
// hold. What is not known never denies.

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "admission/facts.h"
#include "http/handler.h"
#include "kube/manifests.h"

namespace modelgate::webhook {

// One fact for each object that was asked for.
struct ToldFacts {
  std::vector<std::pair<admission::ObjectKey, admission::Fact>> facts;
  std::shared_ptr<const void> objects;  // keeps alive what the facts point to
};

class FactSource {
 public:
  virtual ~FactSource() = default;

  // Looks up every object of `needs`. Returns the facts, or nothing and calls `later` once, by `thread`
  // (which leads back to the thread that called), no later than `deadline` and not from within this call.
  // What could not be found out by then is told as kUnknown. Secrets are never cached.
  virtual std::optional<ToldFacts> ask(const admission::Needs& needs, http::SteadyTime deadline,
                                       http::RunOnThread thread, std::function<void(ToldFacts)> later) = 0;
};

// The facts that are to be had without asking anyone: every object is unknown.
ToldFacts all_unknown(const admission::Needs& needs);

// Answers from one reading of manifests, at once. Immutable, so threads may share it.
class ManifestFacts final : public FactSource {
 public:
  explicit ManifestFacts(std::shared_ptr<const kube::Manifests> manifests)
      : manifests_(std::move(manifests)) {}

  std::optional<ToldFacts> ask(const admission::Needs& needs, http::SteadyTime deadline,
                               http::RunOnThread thread, std::function<void(ToldFacts)> later) override;

 private:
  std::shared_ptr<const kube::Manifests> manifests_;
};

}  // namespace modelgate::webhook
