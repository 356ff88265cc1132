// SPDX-License-Identifier: Apache-2.0
//
// ASCII characters, independent of the locale. Bytes of other characters (0x80 and above) are in no class,
// and change of case leaves them unchanged: every function accepts UTF-8.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace modelgate::text {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_letter(char c) {
  return is_lower(c) || is_upper(c);
}
constexpr bool is_alphanumeric(char c) {
  return is_letter(c) || is_digit(c);
}

/// U+0000 to U+001F, and U+007F.
constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

constexpr char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowercase(std::string_view text);

/// `text` with its first character in lower case: for a library's message inside one of ours.
std::string start_in_lower_case(std::string text);

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

}  // namespace modelgate::text
