// SPDX-License-Identifier: Apache-2.0
//
// Compressed JSON text: deflated (RFC 1951) with a dictionary of text that is common in such objects. An
// object's text of 1 KB becomes 200 to 300 bytes. Only for memory: the program that packed a text unpacks it.
//
//   TextPacker packer;
//   const std::string packed = packer.pack(text);
//   packer.unpack(packed) == text;
//
// Equal texts pack to equal bytes. One thread; takes about 100 KB.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace modelgate::reconciler {

class TextPacker {
 public:
  TextPacker();
  ~TextPacker();
  TextPacker(const TextPacker&) = delete;
  TextPacker& operator=(const TextPacker&) = delete;

  std::string pack(std::string_view text);
  /// Throws std::logic_error if it is not a result of pack().
  std::string unpack(std::string_view packed);

 private:
  class Streams;
  std::unique_ptr<Streams> streams_;
};

}  // namespace modelgate::reconciler
