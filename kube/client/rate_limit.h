// SPDX-License-Identifier: Apache-2.0
//
// The client's rate limit: a token bucket, like client-go's flow control. A call reserves its turn and then
// waits, so calls are sent in their order. The caller passes the time. Used by
// kube/client/client_transport.cc.
//
//   RateLimit limit(50, 100);
//   auto wait = limit.reserve(now, deadline);   // nothing: it would be past the deadline
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace modelgate::kube {

class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Wait = std::chrono::steady_clock::duration;

  /// `qps` calls a second on average, `burst` at once. No limit if qps is not positive.
  RateLimit(double qps, double burst) : qps_(qps), burst_(std::max(burst, 1.0)), tokens_(burst_) {}

  /// How long to wait. Nothing, and no reservation, if that would end after `deadline`.
  std::optional<Wait> reserve(Time now, Time deadline) {
    if (qps_ <= 0) return Wait::zero();
    const double passed = std::max(0.0, std::chrono::duration<double>(now - at_).count());
    const double tokens = at_ == Time() ? burst_ : std::min(burst_, tokens_ + passed * qps_);
    const std::chrono::duration<double> short_of(std::max(0.0, (1 - tokens) / qps_));
    const Wait wait = std::chrono::duration_cast<Wait>(short_of);
    if (now + wait > deadline) return std::nullopt;
    at_ = now;
    tokens_ = tokens - 1;
    return wait;
  }

 private:
  double qps_, burst_;
  double tokens_;  // negative: reserved in advance
  Time at_{};
};

}  // namespace modelgate::kube
