// SPDX-License-Identifier: Apache-2.0
//
// Looks up facts that a review needs and the catalog does not have: a Secret's keys, a ServiceAccount, whether a
// Deployment exists. Called by admission_handler.cc, on the thread of the request.
//
// In a cluster cluster_facts.h reads them live, otherwise `ManifestFacts` takes them from the manifests. An unknown
// fact never denies.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "admission/facts.h"
#include "http/handler.h"
#include "kube/manifests.h"

namespace modelgate::webhook {

/// One fact for each requested object.
struct LookedUpFacts {
  std::vector<std::pair<admission::ObjectKey, admission::Fact>> facts;
  std::shared_ptr<const void> objects;  // owns what the facts point to
};

class FactSource {
 public:
  virtual ~FactSource() = default;

  /// Looks up every object of `needs`. Returns the facts; or returns nothing and calls `later` once through `thread`
  /// (on the caller's thread), no later than `deadline` and not from within this call. Facts that are not found by
  /// then are kUnknown. Secrets are never cached.
  virtual std::optional<LookedUpFacts> look_up(const admission::Needs& needs, http::SteadyTime deadline,
                                               http::RunOnThread thread,
                                               std::function<void(LookedUpFacts)> later) = 0;
};

/// Every object is unknown.
LookedUpFacts all_unknown(const admission::Needs& needs);

/// Facts from manifests, without a wait. Immutable, so threads may share it.
class ManifestFacts final : public FactSource {
 public:
  explicit ManifestFacts(std::shared_ptr<const kube::Manifests> manifests)
      : manifests_(std::move(manifests)) {}

  std::optional<LookedUpFacts> look_up(const admission::Needs& needs, http::SteadyTime deadline,
                                       http::RunOnThread thread,
                                       std::function<void(LookedUpFacts)> later) override;

 private:
  std::shared_ptr<const kube::Manifests> manifests_;
};

}  // namespace modelgate::webhook
