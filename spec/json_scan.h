// SPDX-License-Identifier: Apache-2.0
//
// Finds the end of the plain characters of a string, which need no escape, and the end of a string, a word at
// a time. Used by the reader (json.cc) and the writer (json_text.cc), which copy plain characters at once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace modelgate::spec {

inline bool is_plain(char c) {
  return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
}

#ifdef __SSE2__
inline constexpr std::ptrdiff_t kWordBytes = 16;

/// The number of plain bytes in the word at `p` before the first that is not plain.
inline std::size_t plain_in_word(const char* p) {
  const __m128i word = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i last_control = _mm_set1_epi8(0x1F);
  const __m128i special = _mm_or_si128(
      _mm_or_si128(_mm_cmpeq_epi8(word, _mm_set1_epi8('"')), _mm_cmpeq_epi8(word, _mm_set1_epi8('\\'))),
      _mm_cmpeq_epi8(_mm_max_epu8(word, last_control), last_control));
  const auto found = static_cast<unsigned>(_mm_movemask_epi8(special)) | 1U << kWordBytes;
  return static_cast<std::size_t>(std::countr_zero(found));
}
#else
inline constexpr std::ptrdiff_t kWordBytes = 8;

inline std::size_t plain_in_word(const char* p) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
  std::uint64_t word;
  std::memcpy(&word, p, 8);
  // Marks the bytes that are zero. After the first of them it may mark others, because of the borrow.
  const auto zeros = [](std::uint64_t w) { return (w - kOnes) & ~w & kHighs; };
  const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
  const std::uint64_t found = zeros(word ^ kOnes * '"') | zeros(word ^ kOnes * '\\') | control;
  if (found == 0) return kWordBytes;
  if constexpr (std::endian::native == std::endian::little) {
    return static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
  std::size_t i = 0;
  while (is_plain(p[i])) ++i;
  return i;
}
#endif

/// The number of bytes before the first quote, backslash or control character; all bytes if there is none.
inline std::size_t plain_length(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (end - p >= kWordBytes) {
    const std::size_t plain = plain_in_word(p);
    p += plain;
    if (plain < kWordBytes) return static_cast<std::size_t>(p - text.data());
  }
  while (p != end && is_plain(*p)) ++p;
  return static_cast<std::size_t>(p - text.data());
}

/// `p` is after the first quote of a string, `end` is the end of the text. Returns the position after the
/// last quote of the string, or nullptr if there is none.
inline const char* after_string(const char* p, const char* end) {
  for (;;) {
    p += plain_length({p, end});
    if (p == end) return nullptr;
    const char c = *p++;
    if (c == '"') return p;
    if (c == '\\' && p != end) ++p;
  }
}

}  // namespace modelgate::spec
