// SPDX-License-Identifier: Apache-2.0
#include "spec/text/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>

namespace modelgate::text {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a NUL
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// EVP_DecodeBlock skips blanks and hyphens, and counts padding as bytes. So the alphabet and the padding are
// checked here.
std::optional<std::string> decode_base64(std::string_view text, LineBreaks line_breaks) {
  std::string packed(text);
  if (line_breaks == LineBreaks::kSkip) std::erase_if(packed, [](char c) { return c == '\r' || c == '\n'; });
  const std::size_t digits = std::min(packed.find_first_not_of(kDigits), packed.size());
  const std::size_t padding = packed.size() - digits;
  if (packed.size() % 4 != 0 || padding > 2 || packed.find_first_not_of('=', digits) != std::string::npos) {
    return std::nullopt;
  }
  std::string bytes(packed.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(packed.data()), static_cast<int>(packed.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace modelgate::text
