// SPDX-License-Identifier: Apache-2.0
#include "process/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "spec/text/ascii.h"
#include "spec/text/printable.h"
#include "spec/text/utf8.h"

namespace modelgate::log {
namespace {

Format g_format = Format::kText;

void append_hex(unsigned char byte, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back(kHex[byte >> 4U]);
  out.push_back(kHex[byte & 0xFU]);
}

// Escapes as in a JSON string. Text lines use the same escapes.
void append_escaped(std::string_view text, std::string& out) {
  const bool cut = text.size() > kMaxValueBytes;
  text = text::front_of(text, kMaxValueBytes);
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    const std::size_t length = text::character_length(text);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(text.front());
    } else if (text::is_control(text.front())) {
      out.append("\\u00");
      append_hex(c, out);
    } else if (length == 0) {
      out.append("\\ufffd");
    } else {
      out.append(text::json_without_hidden(std::string(text.substr(0, length))));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  if (cut) out.append("...");
}

void append_quoted(std::string_view text, std::string& out) {
  out.push_back('"');
  append_escaped(text, out);
  out.push_back('"');
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c != '"' && c != '=' && c != '\\' && static_cast<unsigned char>(c) < 0x7F;
  });
}

void append_value(Format format, const Field& field, std::string& out) {
  if (const auto* text = std::get_if<std::string_view>(&field.value())) {
    if (format == Format::kText && text->size() <= kMaxValueBytes && is_plain(*text)) {
      out.append(*text);
    } else {
      append_quoted(*text, out);
    }
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value())) {
    out.append(std::to_string(*number));
  } else {
    out.append(std::get<bool>(field.value()) ? "true" : "false");
  }
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// zap's time encodings as spdlog patterns.
std::string time_pattern(TimeEncoding time, Format format) {
  const char* quote = format == Format::kJson ? "\"" : "";
  switch (time) {
    case TimeEncoding::kIso8601:
      return quote + std::string("%Y-%m-%dT%H:%M:%S.%eZ") + quote;
    case TimeEncoding::kRfc3339:
      return quote + std::string("%Y-%m-%dT%H:%M:%SZ") + quote;
    case TimeEncoding::kRfc3339Nano:
      return quote + std::string("%Y-%m-%dT%H:%M:%S.%FZ") + quote;
    case TimeEncoding::kEpoch:
      return "%E.%f";
    case TimeEncoding::kMillis:
      return "%E%e";
    case TimeEncoding::kNano:
      return "%E%F";
  }
  return {};
}

}  // namespace

void configure(const Options& options) {
  g_format = options.format;
  auto logger =
      std::make_shared<spdlog::logger>("modelgate", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(to_spdlog(options.level));
  const std::string time = time_pattern(options.time, options.format);
  const std::string pattern =
      options.format == Format::kJson ? R"({"level":"%l","ts":)" + time + ",%v}" : time + " %l %v";
  logger->set_pattern(pattern, spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

bool enabled(Level level) {
  return spdlog::default_logger_raw()->should_log(to_spdlog(level));
}

void write(Level level, std::string_view message, Fields fields) {
  if (!enabled(level)) return;
  const std::string line = render(g_format, message, fields);
  spdlog::default_logger_raw()->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string render(Format format, std::string_view message, Fields fields) {
  std::string line;
  if (format == Format::kJson) {
    line.append("\"msg\":");
    append_quoted(message, line);
  } else {
    append_escaped(message, line);
  }
  for (const Field& field : fields) {
    if (format == Format::kJson) {
      line.push_back(',');
      append_quoted(field.key(), line);
      line.push_back(':');
    } else {
      line.push_back(' ');
      append_escaped(field.key(), line);
      line.push_back('=');
    }
    append_value(format, field, line);
  }
  return line;
}

}  // namespace modelgate::log
