// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/secret.h"

#include "spec/text/base64.h"

namespace modelgate::workload {

bool SecretView::has_key(std::string_view key) const {
  return object("data").has(key) || object("stringData").has(key);
}

std::optional<std::string> SecretView::read(std::string_view key) const {
  if (const auto plain = object("stringData").optional_string(key)) return std::string(*plain);
  const auto encoded = object("data").optional_string(key);
  return encoded ? text::decode_base64(*encoded, text::LineBreaks::kReject) : std::nullopt;
}

}  // namespace modelgate::workload
