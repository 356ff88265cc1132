// SPDX-License-Identifier: Apache-2.0
//
// The API server's limits on the warnings of an admission response. It drops without notice what exceeds
// them.
#pragma once

#include <cstddef>

namespace modelgate::spec {

inline constexpr std::size_t kMaxWarningBytes = 256;    // of one warning
inline constexpr std::size_t kMaxWarningsBytes = 4096;  // of all warnings of a response

}  // namespace modelgate::spec
