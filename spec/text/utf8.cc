// SPDX-License-Identifier: Apache-2.0
#include "spec/text/utf8.h"

#include <cstdint>
#include <cstring>

namespace modelgate::text {
namespace {

/// A character has at most three bytes after its first. In invalid text there may be more of them in a row;
/// that many are skipped at most.
constexpr std::size_t kMaxContinuation = 3;

std::size_t sequence_length(const unsigned char* p, const unsigned char* end) {
  const auto continues = [&](std::size_t i, unsigned char low = 0x80, unsigned char high = 0xBF) {
    return static_cast<std::size_t>(end - p) > i && p[i] >= low && p[i] <= high;
  };
  if (*p < 0x80) return 1;
  if (*p >= 0xC2 && *p <= 0xDF) return continues(1) ? 2 : 0;
  if (*p >= 0xE0 && *p <= 0xEF) {
    const unsigned char low = *p == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = *p == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (*p >= 0xF0 && *p <= 0xF4) {
    const unsigned char low = *p == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = *p == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string joined(std::string_view front, std::string_view ellipsis) {
  std::string out(front);
  out += ellipsis;
  return out;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  const unsigned char* p = bytes_of(text);
  const unsigned char* const end = p + text.size();
  while (p != end) {
    // Eight bytes of ASCII at a time: nearly all of a Kubernetes object.
    while (end - p >= 8) {
      std::uint64_t word;
      std::memcpy(&word, p, 8);
      if (word & 0x8080808080808080ULL) break;
      p += 8;
    }
    if (p == end) break;
    const std::size_t length = sequence_length(p, end);
    if (length == 0) return false;
    p += length;
  }
  return true;
}

std::size_t character_length(std::string_view text) {
  return sequence_length(bytes_of(text), bytes_of(text) + text.size());
}

std::string_view front_of(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t size = max_bytes;
  for (std::size_t i = 0; i < kMaxContinuation && size > 0 && is_continuation(text[size]); ++i) --size;
  return text.substr(0, size);
}

std::string_view end_of(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  text.remove_prefix(text.size() - max_bytes);
  for (std::size_t i = 0; i < kMaxContinuation && !text.empty() && is_continuation(text.front()); ++i) {
    text.remove_prefix(1);
  }
  return text;
}

std::string truncate(std::string_view text, std::size_t max_bytes, std::string_view ellipsis) {
  return text.size() <= max_bytes ? std::string(text) : joined(front_of(text, max_bytes), ellipsis);
}

std::string truncate_to_fit(std::string_view text, std::size_t max_bytes, std::string_view ellipsis) {
  return text.size() <= max_bytes ? std::string(text)
                                  : joined(front_of(text, max_bytes - ellipsis.size()), ellipsis);
}

}  // namespace modelgate::text
