// SPDX-License-Identifier: Apache-2.0
//
// Characters that a terminal acts on or hides. Each output of user-provided text is tested with all of them.
//
//   for (const std::string& hostile : hostile_texts()) EXPECT_EQ(raw_character(show(hostile)), "");
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace modelgate {

inline std::string utf8_of(char32_t c) {
  std::string out;
  const auto add = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xC0 | (c >> 6U));
    add(0x80 | (c & 0x3FU));
  } else {
    add(0xE0 | (c >> 12U));
    add(0x80 | ((c >> 6U) & 0x3FU));
    add(0x80 | (c & 0x3FU));
  }
  return out;
}

/// Each control, directional and invisible character, in a text of its own.
inline std::vector<std::string> hostile_texts() {
  std::vector<std::string> out;
  const auto add = [&](char32_t first, char32_t last) {
    for (char32_t c = first; c <= last; ++c) out.push_back("a" + utf8_of(c) + "[31mb");
  };
  add(0x01, 0x1F);
  add(0x7F, 0x9F);
  add(0x200B, 0x200F);
  add(0x2028, 0x202E);
  add(0x2060, 0x2069);
  add(0xFEFF, 0xFEFF);
  return out;
}

/// The first character of `text` that must not be shown, as hexadecimal digits; empty if there is none.
/// `lines`: line breaks are allowed.
inline std::string raw_character(std::string_view text, bool lines = false) {
  static const std::vector<std::string> kHostile = [] {
    std::vector<std::string> characters;
    for (const std::string& t : hostile_texts()) characters.push_back(t.substr(1, t.size() - 6));
    characters.emplace_back(1, '\0');
    return characters;
  }();
  for (const std::string& c : kHostile) {
    if (lines && c == "\n") continue;
    const auto at = text.find(c);
    if (at == std::string_view::npos) continue;
    std::string digits;
    for (const char byte : c) digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return fmt::format("{} at {}", digits, at);
  }
  return {};
}

}  // namespace modelgate
