// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 (RFC 3629): validity, and truncation that never splits a character. Limits are in bytes, as the API
// server counts them.
//
//   text::truncate_to_fit(message, 1024)   // at most 1,024 bytes, ends with "..." where it was truncated
//   text::truncate(value, 128)             // at most 128 bytes of the value, then "..." where it was
//   truncated
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace modelgate::text {

/// No overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text);

/// The bytes of the character at the front of `text`, which is not empty; 0 where there is none.
std::size_t character_length(std::string_view text);

/// True for the second and later bytes of a character.
constexpr bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// As much of the front of `text` as fits into `max_bytes`, whole characters only.
std::string_view front_of(std::string_view text, std::size_t max_bytes);

/// As much of the end of `text` as fits into `max_bytes`, whole characters only.
std::string_view end_of(std::string_view text, std::size_t max_bytes);

/// `text`, or where it is longer than `max_bytes` its front with `ellipsis`; the ellipsis is not counted.
std::string truncate(std::string_view text, std::size_t max_bytes, std::string_view ellipsis = "...");

/// As truncate(), but the result with the ellipsis is at most `max_bytes`, which is at least the ellipsis.
std::string truncate_to_fit(std::string_view text, std::size_t max_bytes, std::string_view ellipsis = "...");

}  // namespace modelgate::text
