// SPDX-License-Identifier: Apache-2.0
#include "spec/text/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "spec/text/ascii.h"
#include "spec/text/utf8.h"

namespace modelgate::text {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Control (Cc) and format (Cf) characters, and the separators of lines and paragraphs, beyond ASCII.
constexpr std::array kHidden = std::to_array<Range>({
    {0x0080, 0x009F},    // C1
    {0x00AD, 0x00AD},    // soft hyphen
    {0x0600, 0x0605},    // Arabic number signs
    {0x061C, 0x061C},    // Arabic letter mark
    {0x06DD, 0x06DD},    //
    {0x070F, 0x070F},    //
    {0x0890, 0x0891},    //
    {0x08E2, 0x08E2},    //
    {0x115F, 0x1160},    // Hangul fillers
    {0x180E, 0x180E},    // Mongolian vowel separator
    {0x200B, 0x200F},    // zero width, direction marks
    {0x2028, 0x202E},    // separators, directional embeddings and overrides
    {0x2060, 0x206F},    // invisible operators, directional isolates
    {0x3164, 0x3164},    // Hangul filler
    {0xFEFF, 0xFEFF},    // byte order mark
    {0xFFA0, 0xFFA0},    // Hangul filler
    {0xFFF9, 0xFFFB},    // interlinear annotations
    {0x110BD, 0x110BD},  //
    {0x110CD, 0x110CD},  //
    {0x13430, 0x1343F},  // Egyptian format controls
    {0x1BCA0, 0x1BCA3},  // shorthand format controls
    {0x1D173, 0x1D17A},  // musical format controls
    {0xE0000, 0xE0FFF},  // tags, variation selectors
});

/// The code point of a valid character of `length` bytes.
char32_t code_point(std::string_view text, std::size_t length) {
  constexpr std::array<unsigned char, 5> kMask = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t c = static_cast<unsigned char>(text[0]) & kMask[length];
  for (std::size_t i = 1; i < length; ++i) c = (c << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return c;
}

/// The code point of the character at the front of `text` if it is hidden, else 0.
char32_t hidden_character(std::string_view text) {
  const std::size_t length = character_length(text);
  if (length < 2) return 0;
  const char32_t c = code_point(text, length);
  return is_hidden(c) ? c : 0;
}

void append_json_escape(char32_t c, std::string& out) {
  const auto code = static_cast<std::uint32_t>(c);
  if (code <= 0xFFFF) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
  } else {
    const std::uint32_t rest = code - 0x10000;
    fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10U),
                   0xDC00 + (rest & 0x3FFU));
  }
}

/// Escapes what printable() escapes, except for characters that `keeps(char)`.
template <typename Keeps>
std::string escaped(std::string text, Keeps&& keeps) {
  std::string_view rest = text;
  std::size_t plain = printable_length(rest);
  if (plain == rest.size()) return text;
  std::string out;
  out.reserve(text.size() + 16);
  for (;;) {
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) return out;
    const std::string_view kept = keeps(rest.front());
    if (kept.empty()) {
      rest.remove_prefix(append_escape(rest, out));
    } else {
      out += kept;
      rest.remove_prefix(1);
    }
    plain = printable_length(rest);
  }
}

}  // namespace

bool is_hidden(char32_t code_point) {
  const auto it = std::ranges::find_if(kHidden, [&](const Range& r) { return code_point <= r.last; });
  return it != kHidden.end() && code_point >= it->first;
}

std::size_t printable_length(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x80) {
      if (is_control(c)) return i;
      ++i;
      continue;
    }
    const std::size_t length = character_length(text.substr(i));
    if (length == 0 || hidden_character(text.substr(i)) != 0) return i;
    i += length;
  }
  return text.size();
}

std::size_t append_escape(std::string_view text, std::string& out) {
  const auto byte = static_cast<unsigned char>(text.front());
  switch (text.front()) {
    case '\n':
      out += "\\n";
      return 1;
    case '\t':
      out += "\\t";
      return 1;
    case '\r':
      out += "\\r";
      return 1;
    default:
      break;
  }
  const std::size_t length = character_length(text);
  if (length < 2) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", unsigned{byte});
    return 1;
  }
  const auto c = static_cast<std::uint32_t>(code_point(text, length));
  out += c > 0xFFFF ? fmt::format("\\U{:08x}", c) : fmt::format("\\u{:04x}", c);
  return length;
}

std::string printable(std::string text) {
  return escaped(std::move(text), [](char) { return std::string_view{}; });
}

std::string printable_lines(std::string text) {
  return escaped(std::move(text),
                 [](char c) { return c == '\n' ? std::string_view("\n") : std::string_view{}; });
}

std::string json_without_hidden(std::string json) {
  if (printable_length(json) == json.size()) return json;
  std::string out;
  out.reserve(json.size() + 16);
  for (std::string_view rest = json; !rest.empty();) {
    const char32_t c = rest.front() == 0x7F ? 0x7F : hidden_character(rest);
    const std::size_t length = std::max<std::size_t>(character_length(rest), 1);
    if (c == 0) {
      out += rest.substr(0, length);
    } else {
      append_json_escape(c, out);
    }
    rest.remove_prefix(length);
  }
  return out;
}

std::string on_one_line(std::string text) {
  return escaped(std::move(text),
                 [](char c) { return is_control(c) ? std::string_view(" ") : std::string_view{}; });
}

}  // namespace modelgate::text
