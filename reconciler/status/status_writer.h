// SPDX-License-Identifier: Apache-2.0
//
// Writes the status of InferenceServices, if it has changed.
//
//   StatusWriter writer(client, cache);
//   const StatusOutcome outcome = co_await writer.write(record, document, status, until);
//   if (outcome.result == StatusOutcome::Result::kConflict) requeue();
//
// A status is written as a merge patch of `/status` with the resourceVersion that it was computed from: after a
// concurrent write there is a conflict, and the service is reconciled again. A member that the API server pruned
// from a reply (KServe's CRD has no `phase`) is not sent again until something else changes; nor is a patch sent
// that has only members pruned from the last reply, for any service.
//
// A service's status is written kStatusBurst times at once, and then once in kStatusEvery: so two controllers
// that overwrite each other's status do not keep the API server busy, and for a service with a thousand Pods
// the status may be a few seconds old.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "kube/client/client.h"
#include "reconciler/apply/write_breaker.h"
#include "reconciler/cache/cache.h"

namespace modelgate::reconciler {

inline constexpr int kStatusBurst = 50;
inline constexpr std::chrono::seconds kStatusEvery{5};

struct StatusOutcome {
  enum class Result : std::uint8_t {
    kUnchanged,
    kWritten,
    kConflict,
    kHeld,  // to be written at `again_at`
    kGone,
    kRefused,  // a later attempt may succeed (is_refusal())
    kFailed,
  };
  Result result = Result::kUnchanged;
  std::string problem = {};  // of kRefused and kFailed
  std::optional<kube::SteadyTime> again_at = {};
};

class StatusWriter {
 public:
  /// Both must outlive this.
  StatusWriter(kube::Client& client, Cache& cache) : client_(client), cache_(cache) {}

  /// `service`: the object that `status` was computed from, in record's version.
  kube::Task<StatusOutcome> write(ServiceRecord record, const spec::Value& service, const spec::Value& status,
                                  kube::SteadyTime until);
  void forget(const std::string& uid) { pruned_.erase(uid); }

 private:
  /// What was sent and what was stored, if the two differ.
  struct Pruned {
    std::string sent_digest, stored_digest;
  };

  bool would_be_pruned(const spec::Value& patch) const;
  void note_pruned(const spec::Value& sent, const spec::Value& stored);

  kube::Client& client_;
  Cache& cache_;
  WriteBreaker breaker_{kStatusBurst, kStatusEvery};
  std::map<std::string, Pruned> pruned_;  // by uid
  std::set<std::string> pruned_members_;  // of a status
};

/// The patch (RFC 7386) from one object to another; nothing if they are equal.
std::optional<spec::Value> merge_patch(const spec::Value& before, const spec::Value& after,
                                       spec::Arena& arena);

}  // namespace modelgate::reconciler
