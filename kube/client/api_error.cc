// SPDX-License-Identifier: Apache-2.0
#include "kube/client/api_error.h"

#include <fmt/format.h>

#include <algorithm>

namespace modelgate::kube {

std::string ApiError::to_string() const {
  std::string out;
  if (!request.empty()) out += request + ": ";
  if (code != 0) out += reason.empty() ? fmt::format("{}: ", code) : fmt::format("{} {}: ", code, reason);
  out += message;
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

}  // namespace modelgate::kube
