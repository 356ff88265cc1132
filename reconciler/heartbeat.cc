// SPDX-License-Identifier: Apache-2.0
#include "reconciler/heartbeat.h"

#include <fmt/format.h>

namespace modelgate::reconciler {

std::string Heartbeat::problem(Time now) const {
  const auto silent = std::chrono::duration_cast<std::chrono::seconds>(now - last_.load());
  if (silent <= kLongestSilence) return {};
  return fmt::format("the controller's thread has not responded for {} s, the limit is {} s", silent.count(),
                     kLongestSilence.count());
}

}  // namespace modelgate::reconciler
