// SPDX-License-Identifier: Apache-2.0
//
// Writes the status of InferenceServices, each only where it changed.
//
//   StatusWriter writer(client, cache);
//   const StatusOutcome outcome = co_await writer.write(record, document, status, until);
//   if (outcome.result == StatusOutcome::Result::kConflict) look_again_soon();
//
// A merge patch of `/status` with the version that the status was made from: whoever wrote meanwhile wins,
// and the service is looked at again. What the API server left out of a reply (a CRD of KServe's has no
// `phase`) is not sent again until something else changes; nor is a member that it left out of the last reply
// sent alone, of whatever service.
//
// A service's status is written kStatusBurst times at once, and then once in kStatusEvery: two controllers
// that undo each other's status keep the API server no busier than that, and one of a thousand Pods that
// become ready is told of a few seconds late.
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
    kFailed,
  };
  Result result = Result::kUnchanged;
  std::string problem = {};  // of kFailed
  std::optional<kube::SteadyTime> again_at = {};
};

class StatusWriter {
 public:
  /// Both must outlive it.
  StatusWriter(kube::Client& client, Cache& cache) : client_(client), cache_(cache) {}

  /// `service` as it was when `status` was made of it, of record's version.
  kube::Task<StatusOutcome> write(ServiceRecord record, const spec::Value& service, const spec::Value& status,
                                  kube::SteadyTime until);
  void forget(const std::string& uid) { pruned_.erase(uid); }

 private:
  /// What was sent, and what the API server made of it, where the two differ.
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

/// The RFC 7386 patch from one object to another; nothing where they mean the same.
std::optional<spec::Value> merge_patch(const spec::Value& before, const spec::Value& after,
                                       spec::Arena& arena);

}  // namespace modelgate::reconciler
