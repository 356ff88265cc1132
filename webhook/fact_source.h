// SPDX-License-Identifier: Apache-2.0
//
// Looks up facts that a review needs and the catalog does not have: a Secret's keys, a ServiceAccount, whether a
// Deployment exists. Called by admission_handler.cc, on the thread of the request.
//
// In a cluster cluster_facts.h reads them live, otherwise `ManifestFacts` takes them from the manifests. An unknown
// fact never denies; for a Pod the request is repeated (webhook/paths.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admission/facts.h"
#include "http/handler.h"
#include "kube/manifests.h"

namespace modelgate::webhook {

/// Why a fact is unknown.
struct UnreadFact {
  admission::ObjectKey key;
  std::string reason;
  bool overloaded = false;  // there was no answer in time, or there were too many calls
};

/// One fact for each requested object.
struct LookedUpFacts {
  std::vector<std::pair<admission::ObjectKey, admission::Fact>> facts;
  std::vector<UnreadFact> unread;       // the unknown ones, except those that manifests do not have
  std::shared_ptr<const void> objects;  // owns what the facts point to
};

class FactSource {
 public:
  virtual ~FactSource() = default;

  /// Looks up every object of `needs`. Returns the facts; or returns nothing and calls `later` once through `thread`
  /// (on the caller's thread), no later than `deadline` and not from within this call. Facts that are not found by
  /// then are kUnknown. Secrets are never cached. Lookups are fair between the namespaces `ns` of the requests.
  virtual std::optional<LookedUpFacts> look_up(const admission::Needs& needs, std::string_view ns,
                                               http::SteadyTime deadline, http::RunOnThread thread,
                                               std::function<void(LookedUpFacts)> later) = 0;
};

/// Every object is unknown, for this reason.
LookedUpFacts all_unknown(const admission::Needs& needs, std::string_view reason, bool overloaded);

/// Facts from manifests, without a wait. For a Pod, what they do not have counts as absent: they stand for a cluster.
/// Immutable, so threads may share it.
class ManifestFacts final : public FactSource {
 public:
  explicit ManifestFacts(std::shared_ptr<const kube::Manifests> manifests)
      : manifests_(std::move(manifests)) {}

  std::optional<LookedUpFacts> look_up(const admission::Needs& needs, std::string_view ns,
                                       http::SteadyTime deadline, http::RunOnThread thread,
                                       std::function<void(LookedUpFacts)> later) override;

 private:
  std::shared_ptr<const kube::Manifests> manifests_;
};

}  // namespace modelgate::webhook
