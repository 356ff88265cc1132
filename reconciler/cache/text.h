// SPDX-License-Identifier: Apache-2.0
//
// An immutable string in 16 bytes: up to 15 characters inline, longer ones in a block that copies share. The
// cache stores about thirty strings for each service, most of them equal.
//
//   const Text uid(object.uid());
//   other.owner_uid = uid;      // no copy of the characters
//   uid.view();
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace modelgate::reconciler {

class Text {
 public:
  Text() noexcept { set_inline({}); }
  explicit Text(std::string_view text) {
    if (text.size() <= kInline) {
      set_inline(text);
      return;
    }
    if (text.size() > UINT32_MAX) throw std::length_error("a text of more than 4 GiB");
    void* const memory = ::operator new(sizeof(Block) + text.size());
    auto* const block = new (memory) Block{1, static_cast<std::uint32_t>(text.size())};
    std::memcpy(block + 1, text.data(), text.size());
    std::memcpy(bytes_, static_cast<const void*>(&block), sizeof(Block*));
    bytes_[kInline] = kShared;
  }
  Text(const Text& other) noexcept {
    std::memcpy(bytes_, other.bytes_, sizeof bytes_);
    if (is_shared()) block()->users.fetch_add(1, std::memory_order_relaxed);
  }
  Text(Text&& other) noexcept : Text() { swap(other); }
  Text& operator=(Text other) noexcept {
    swap(other);
    return *this;
  }
  ~Text() {
    if (!is_shared() || block()->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    Block* const last = block();
    last->~Block();
    ::operator delete(last);
  }

  std::string_view view() const noexcept {
    if (!is_shared()) return {bytes_, static_cast<std::size_t>(bytes_[kInline])};
    return {reinterpret_cast<const char*>(block() + 1), block()->size};
  }
  bool empty() const noexcept { return view().empty(); }
  bool operator==(const Text& other) const noexcept { return view() == other.view(); }

  /// Bytes outside of this object, shared or not.
  std::size_t outside() const noexcept { return is_shared() ? sizeof(Block) + block()->size : 0; }

 private:
  struct Block {
    std::atomic<std::uint32_t> users;
    std::uint32_t size;
  };
  static constexpr std::size_t kInline = 15;
  static constexpr char kShared = 16;

  bool is_shared() const noexcept { return bytes_[kInline] == kShared; }
  Block* block() const noexcept {
    Block* out;
    std::memcpy(static_cast<void*>(&out), bytes_, sizeof(Block*));
    return out;
  }
  void set_inline(std::string_view text) noexcept {
    std::ranges::copy(text, bytes_);
    bytes_[kInline] = static_cast<char>(text.size());
  }
  void swap(Text& other) noexcept { std::swap(bytes_, other.bytes_); }

  alignas(void*) char bytes_[kInline + 1];  // the last one: the inline size, or kShared
};

}  // namespace modelgate::reconciler
