// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/refused_writes.h"

#include <algorithm>
#include <utility>

namespace modelgate::reconciler {
namespace {

using std::chrono::seconds;

constexpr std::chrono::nanoseconds kBetweenPlaces = std::chrono::nanoseconds(seconds{1}) / kRefusedPerSecond;

seconds second_of(SteadyTime time) {
  return std::chrono::floor<seconds>(time.time_since_epoch());
}

/// Double after each refusal.
seconds pause_after(int refusals) {
  seconds pause = kRefusalHolds;
  for (int i = 1; i < refusals && pause < kLongestRefusalPause; ++i) pause *= 2;
  return std::min(pause, kLongestRefusalPause);
}

}  // namespace

std::optional<RefusedWrites::Held> RefusedWrites::held(const std::string& object, std::string_view uid,
                                                       std::string_view digest, SteadyTime now) {
  const auto it = writes_.find(object);
  if (it == writes_.end() || it->second.uid != uid || it->second.digest != digest) return std::nullopt;
  Write& write = it->second;
  if (now >= write.again_at) return std::nullopt;
  if (now < write.held_until || is_full(now)) return Held{write.problem, write.again_at};
  release(write.again_at);
  write.again_at = now;
  ++places_[second_of(now)];
  return std::nullopt;
}

SteadyTime RefusedWrites::refused(const std::string& object, std::string_view uid, std::string_view digest,
                                  ApplyProblem problem, SteadyTime now) {
  sweep(now);
  Write& write = writes_[object];
  if (write.again_at > now) release(write.again_at);
  if (write.uid != uid || write.digest != digest) {
    write.uid = uid;
    write.digest = digest;
    write.refusals = 0;
  }
  write.problem = std::move(problem);
  ++write.refusals;
  write.again_at = reserve(now + pause_after(write.refusals));
  write.held_until = now + kRefusalHolds;
  return write.again_at;
}

void RefusedWrites::forget(const std::string& object) {
  const auto it = writes_.find(object);
  if (it == writes_.end()) return;
  release(it->second.again_at);
  writes_.erase(it);
}

SteadyTime RefusedWrites::reserve(SteadyTime when) {
  seconds second = second_of(when);
  auto it = places_.lower_bound(second);
  // The seconds that follow each other and are full.
  while (it != places_.end() && it->first == second && it->second >= kRefusedPerSecond) {
    ++it;
    ++second;
  }
  const int number = places_[second]++;
  return std::max(when, SteadyTime(second) + number * kBetweenPlaces);
}

void RefusedWrites::release(SteadyTime place) {
  const auto it = places_.find(second_of(place));
  if (it == places_.end()) return;
  if (--it->second == 0) places_.erase(it);
}

bool RefusedWrites::is_full(SteadyTime time) const {
  const auto it = places_.find(second_of(time));
  return it != places_.end() && it->second >= kRefusedPerSecond;
}

/// What is no longer desired is not repeated.
void RefusedWrites::sweep(SteadyTime now) {
  if (now - swept_ < kLongestRefusalPause) return;
  swept_ = now;
  places_.erase(places_.begin(), places_.lower_bound(second_of(now)));
  std::erase_if(writes_,
                [now](const auto& entry) { return entry.second.again_at + 2 * kLongestRefusalPause <= now; });
}

}  // namespace modelgate::reconciler
