// SPDX-License-Identifier: Apache-2.0
//
// The difference of two texts, line by line, in the unified format of diff(1).
//
//   diff("a\nb\n", "a\nc\n", false)
//   // @@ -1,2 +1,2 @@
//   //  a
//   // -b
//   // +c
#pragma once

#include <string>
#include <string_view>

namespace modelgate::cli {

/// Unchanged lines around each change.
inline constexpr std::size_t kContextLines = 3;

/// Cells of the table for the longest common subsequence: 16 MiB. The middle of larger texts is printed as
/// removed and added as a whole.
inline constexpr std::size_t kMaxDiffCells = 4U << 20;

/// Empty if the texts are equal. Without file names.
std::string diff(std::string_view before, std::string_view after, bool color);

}  // namespace modelgate::cli
