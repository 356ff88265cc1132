// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4) of a short text, as 64 hexadecimal digits. Only for names: KServe derives the folder
// of a cached model from it.
#pragma once

#include <string>
#include <string_view>

namespace modelgate::workload {

std::string sha256_hex(std::string_view text);

}  // namespace modelgate::workload
