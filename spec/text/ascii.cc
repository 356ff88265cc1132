// SPDX-License-Identifier: Apache-2.0
#include "spec/text/ascii.h"

namespace modelgate::text {

std::string lowercase(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), to_lower);
  return out;
}

std::string start_in_lower_case(std::string text) {
  if (!text.empty()) text[0] = to_lower(text[0]);
  return text;
}

}  // namespace modelgate::text
