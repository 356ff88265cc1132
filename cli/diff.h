// SPDX-License-Identifier: Apache-2.0
//
// What differs between two texts, line by line, in the unified form of diff(1). Called by review.cc.
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

/// Lines that are the same around each change.
inline constexpr std::size_t kContextLines = 3;

/// Cells of the table that finds the longest common part: 16 million bytes. Texts that would need more are
/// shown as all removed and all added, between the lines they begin and end with in common.
inline constexpr std::size_t kMaxDiffCells = 4U << 20;

/// Empty where the texts are the same. Without file names.
std::string diff(std::string_view before, std::string_view after, bool color);

}  // namespace modelgate::cli
