// SPDX-License-Identifier: Apache-2.0
//
// Base64 (RFC 4648) as kubeconfigs and Secrets hold binary values: the standard alphabet, padded, line breaks
// skipped.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace modelgate::spec {

std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

}  // namespace modelgate::spec
