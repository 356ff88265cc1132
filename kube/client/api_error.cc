// SPDX-License-Identifier: Apache-2.0
#include "kube/client/api_error.h"

#include <fmt/format.h>

#include "spec/text/printable.h"

namespace modelgate::kube {

std::string ApiError::to_string() const {
  std::string out;
  if (!request.empty()) out += request + ": ";
  if (code != 0) out += reason.empty() ? fmt::format("{}: ", code) : fmt::format("{} {}: ", code, reason);
  return text::on_one_line(out + message);
}

}  // namespace modelgate::kube
