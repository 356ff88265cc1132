// SPDX-License-Identifier: Apache-2.0
//
// Structured log lines on stderr, as JSON or as text, with spdlog. One log for the process, configured by
// main before other threads start. Used by both programs.
//
//   log::configure({.format = log::Format::kJson, .level = log::Level::kInfo});
//   log::info("certificate replaced", {{"fingerprint", pair.fingerprint()}, {"days", 30}});
//     -> {"level":"info","ts":"2026-11-23T11:20:00.123Z","msg":"certificate replaced",
//         "fingerprint":"ab..","days":30}          on one line
//     -> 2026-11-23T11:20:00.123Z info certificate replaced fingerprint=ab.. days=30
//
// Each entry is one line of valid UTF-8: control characters and invalid UTF-8 in values are escaped. Values
// are truncated to kMaxValueBytes. Never log an object or a secret. Thread-safe; a line is one write(2) under
// spdlog's lock.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace modelgate::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class Format : std::uint8_t { kJson, kText };
enum class TimeEncoding : std::uint8_t { kIso8601, kRfc3339, kRfc3339Nano, kEpoch, kMillis, kNano };

struct Options {
  Format format = Format::kText;
  Level level = Level::kInfo;
  TimeEncoding time = TimeEncoding::kIso8601;
};

/// Enough for a list of ten names of up to 253 bytes.
inline constexpr std::size_t kMaxValueBytes = 4096;

class Field {
 public:
  Field(std::string_view key, std::string_view text) : key_(key), value_(text) {}
  Field(std::string_view key, const char* text) : key_(key), value_(std::string_view(text)) {}
  Field(std::string_view key, const std::string& text) : key_(key), value_(std::string_view(text)) {}
  Field(std::string_view key, std::same_as<bool> auto flag) : key_(key), value_(flag) {}
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  Field(std::string_view key, Number number) : key_(key), value_(static_cast<std::int64_t>(number)) {}

  std::string_view key() const { return key_; }
  const std::variant<std::string_view, std::int64_t, bool>& value() const { return value_; }

 private:
  std::string_view key_;
  std::variant<std::string_view, std::int64_t, bool> value_;
};

using Fields = std::initializer_list<Field>;

void configure(const Options& options);

/// Whether lines of that level are written. Check it before collecting expensive fields.
bool enabled(Level level);

void write(Level level, std::string_view message, Fields fields = {});

inline void debug(std::string_view message, Fields fields = {}) {
  write(Level::kDebug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  write(Level::kInfo, message, fields);
}
inline void warn(std::string_view message, Fields fields = {}) {
  write(Level::kWarn, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  write(Level::kError, message, fields);
}

/// The part of a line after time and level. For tests.
std::string render(Format format, std::string_view message, Fields fields);

}  // namespace modelgate::log
