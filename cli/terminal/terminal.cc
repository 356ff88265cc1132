// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace modelgate::cli {

bool use_color(Color mode, int file_descriptor) {
  if (mode != Color::kAuto) return mode == Color::kAlways;
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color && *no_color) return false;
  const char* terminal = std::getenv("TERM");
  return ::isatty(file_descriptor) == 1 && terminal && std::string_view(terminal) != "dumb";
}

std::string paint(std::string_view text, Style style, bool color) {
  if (!color || style.code.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", style.code, text);
}

}  // namespace modelgate::cli
