// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/times.h"

#include <ctime>
#include <string>

namespace modelgate::cli {

std::optional<std::chrono::sys_seconds> read_time(std::string_view text) {
  std::tm parts{};
  if (!strptime(std::string(text).c_str(), "%Y-%m-%dT%H:%M:%S", &parts)) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

std::chrono::sys_seconds now_of(const ClusterSnapshot& snapshot) {
  return std::chrono::floor<std::chrono::seconds>(snapshot.now) +
         snapshot.clock_ahead.value_or(std::chrono::seconds(0));
}

}  // namespace modelgate::cli
