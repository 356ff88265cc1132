// SPDX-License-Identifier: Apache-2.0
#include "http/timeout.h"

#include <algorithm>

#include "process/duration.h"

namespace modelgate::http {

std::optional<std::chrono::nanoseconds> timeout_of_query(std::string_view query) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair.starts_with("timeout=")) {
      const auto timeout = process::parse_duration(pair.substr(8));
      return timeout && timeout->count() > 0 ? timeout : std::nullopt;
    }
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return std::nullopt;
}

}  // namespace modelgate::http
