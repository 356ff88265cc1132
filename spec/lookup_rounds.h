// SPDX-License-Identifier: Apache-2.0
//
// The lookup loop: a pure function is called with facts, reports what it still needs, and is called again
// with those facts added. The policy is here; the caller does the lookups in its own way: blocking, as a
// coroutine, or with callbacks.
//
//   LookupRounds rounds;
//   while (true) {
//     Result result = build(facts);
//     switch (rounds.next(result.needs)) {
//       case LookupRounds::Next::kDone: return result;
//       case LookupRounds::Next::kLookUp: look_up(result.needs, facts); break;
//       case LookupRounds::Next::kLeaveUnknown: leave_unknown(result.needs, facts); break;
//       case LookupRounds::Next::kGiveUp: throw std::logic_error(...);
//     }
//   }
//
// An object whose state is unknown is never a reason to deny, so the round after kLeaveUnknown has the
// answer. A caller that relies on that treats kGiveUp as a bug.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "spec/facts.h"

namespace modelgate::spec {

class LookupRounds {
 public:
  /// Two are enough for an object that refers to another (a ServiceAccount to its Secrets); the third is for
  /// a rule that runs later.
  static constexpr int kMax = 3;

  /// Of one request for a service: more than the references of its Pods that are checked, and few enough that
  /// many requests at once do not fill the client.
  static constexpr std::size_t kMaxObjects = 16;

  enum class Next : std::uint8_t {
    kDone,          // nothing is needed: the result is final
    kLookUp,        // look the needs up, and call again
    kLeaveUnknown,  // kMax lookups were made: add the needs as unknown, and call again
    kGiveUp,        // something is needed even so
  };

  Next next(const std::vector<ObjectKey>& needs) {
    if (needs.empty()) return Next::kDone;
    ++rounds_;
    if (rounds_ <= kMax) return Next::kLookUp;
    return rounds_ == kMax + 1 ? Next::kLeaveUnknown : Next::kGiveUp;
  }

  /// How many rounds needed objects.
  int rounds() const { return rounds_; }

  /// Shortens `needs` to what may still be looked up, kMaxObjects in all rounds, and returns the others. They
  /// are left unknown.
  std::vector<ObjectKey> take_excess(std::vector<ObjectKey>& needs) {
    const auto allowed = std::min(needs.size(), kMaxObjects - objects_);
    std::vector<ObjectKey> excess(needs.begin() + static_cast<std::ptrdiff_t>(allowed), needs.end());
    needs.resize(allowed);
    objects_ += allowed;
    return excess;
  }

 private:
  int rounds_ = 0;
  std::size_t objects_ = 0;
};

/// Adds each object with state unknown.
inline void leave_unknown(const std::vector<ObjectKey>& needs, Facts& facts) {
  for (const ObjectKey& key : needs) facts.add(key, {});
}

}  // namespace modelgate::spec
