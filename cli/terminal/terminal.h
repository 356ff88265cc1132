// SPDX-License-Identifier: Apache-2.0
//
// Colors on a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace modelgate::cli {

enum class Color : std::uint8_t { kAuto, kAlways, kNever };

/// kAuto: if the file is a terminal that is not dumb, and NO_COLOR (no-color.org) is not set.
bool use_color(Color mode, int file_descriptor);

/// SGR parameters; empty for plain text.
struct Style {
  std::string_view code;
};

inline constexpr Style kBold{"1"};
inline constexpr Style kDim{"2"};
inline constexpr Style kRed{"31"};
inline constexpr Style kGreen{"32"};
inline constexpr Style kYellow{"33"};
inline constexpr Style kCyan{"36"};

std::string paint(std::string_view text, Style style, bool color);

}  // namespace modelgate::cli
