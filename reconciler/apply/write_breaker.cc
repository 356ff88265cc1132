// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/write_breaker.h"

#include <algorithm>

namespace modelgate::reconciler {

std::chrono::nanoseconds WriteBreaker::wait(const std::string& object, SteadyTime now) const {
  const auto it = full_at_.find(object);
  if (it == full_at_.end()) return std::chrono::nanoseconds{0};
  // Allowed while at least one write is left in the bucket.
  const std::chrono::nanoseconds missing = it->second - now;
  return std::max(missing - (burst_ - 1) * every_, std::chrono::nanoseconds{0});
}

void WriteBreaker::note(const std::string& object, SteadyTime now) {
  sweep(now);
  SteadyTime& full = full_at_[object];
  full = std::max(full, now) + every_;
}

void WriteBreaker::sweep(SteadyTime now) {
  if (now - swept_ < every_) return;
  swept_ = now;
  std::erase_if(full_at_, [now](const auto& entry) { return entry.second <= now; });
}

}  // namespace modelgate::reconciler
