// SPDX-License-Identifier: Apache-2.0
#include "reconciler/heartbeat.h"

#include <fmt/format.h>

namespace modelgate::reconciler {

std::string Heartbeat::ailing(Time now) const {
  const auto silent = std::chrono::duration_cast<std::chrono::seconds>(now - last_.load());
  if (silent <= kLongestSilence) return {};
  return fmt::format("the controller's thread has been silent for {} s, allowed are {}", silent.count(),
                     kLongestSilence.count());
}

}  // namespace modelgate::reconciler
