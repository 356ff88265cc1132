// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "spec/json_text.h"
#include "spec/text/ascii.h"
#include "spec/text/printable.h"
#include "spec/text/utf8.h"
#include "yaml/yaml_scalar.h"

namespace modelgate::yaml {
namespace {

using spec::Value;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

std::string_view skip_digits(std::string_view s) {
  s.remove_prefix(static_cast<std::size_t>(std::ranges::find_if_not(s, text::is_digit) - s.begin()));
  return s;
}

/// YYYY-M-D, alone or followed by what may be a time.
bool looks_like_date(std::string_view s) {
  if (s.size() - skip_digits(s).size() != 4) return false;
  s.remove_prefix(4);
  for (int part = 0; part < 2; ++part) {
    if (s.size() < 2 || s[0] != '-' || !text::is_digit(s[1])) return false;
    s = skip_digits(s.substr(1));
  }
  return s.empty() || s[0] == 'T' || s[0] == 't' || s[0] == ' ';
}

/// 190:20:30, a base 60 number for some YAML parsers.
bool looks_like_base_60(std::string_view s) {
  if (!s.empty() && (s[0] == '-' || s[0] == '+')) s.remove_prefix(1);
  const bool starts = !s.empty() && text::is_digit(s[0]) && s.find(':') != std::string_view::npos;
  return starts && s.find_first_not_of("0123456789_:.") == std::string_view::npos;
}

bool reads_as_text(std::string_view s) {
  if (s.empty() || s == "<<") return false;
  return resolve_scalar(s).kind == YamlScalar::Kind::kString && !looks_like_date(s) && !looks_like_base_60(s);
}

/// The bytes of the character at the front of `s`, which is valid UTF-8.
std::size_t width(std::string_view s) {
  return std::max<std::size_t>(text::character_length(s), 1);
}

std::uint32_t code_point(std::string_view character) {
  constexpr std::uint32_t kLeadBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t code = static_cast<unsigned char>(character[0]) & kLeadBits[character.size()];
  for (const char c : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return code;
}

/// True for what kubectl writes without an escape: no tabs, no controls, nothing beyond the basic plane. It
/// writes invisible and directional characters as they are; here they are escaped.
bool is_printable(std::uint32_t code) {
  if (code < 0xA0) return code == '\n' || (code >= 0x20 && code <= 0x7E);
  return code < 0xFFFE && !text::is_hidden(code);
}

/// The styles that the characters of a string allow, as in libyaml's emitter.
struct Analysis {
  bool plain = true;
  bool single_quoted = true;
  bool block = true;
};

bool starts_with_indicator(std::string_view s) {
  if (s.starts_with("---") || s.starts_with("...")) return true;
  if (std::string_view("#,[]{}&*!|>'\"%@`").contains(s[0])) return true;
  return std::string_view("-?:").contains(s[0]) && (s.size() == 1 || is_blank(s[1]));
}

bool contains_indicator(std::string_view s) {
  for (std::size_t i = 1; i < s.size(); ++i) {
    if (s[i] == ':' && (i + 1 == s.size() || is_blank(s[i + 1]))) return true;
    if (s[i] == '#' && is_blank(s[i - 1])) return true;
  }
  return false;
}

bool has_unprintable(std::string_view s) {
  while (!s.empty()) {
    const std::size_t bytes = width(s);
    if (!is_printable(code_point(s.substr(0, bytes)))) return true;
    s.remove_prefix(bytes);
  }
  return false;
}

Analysis analyse(std::string_view s) {
  if (s.empty()) return {.plain = false, .block = false};
  Analysis out;
  const bool blank_ends = s.front() == ' ' || s.back() == ' ' || s.find('\n') != std::string_view::npos;
  out.plain = !blank_ends && !starts_with_indicator(s) && !contains_indicator(s);
  if (s.back() == ' ') out.block = false;
  if (s.find("\n ") != std::string_view::npos) out.plain = out.single_quoted = false;
  if (s.find(" \n") != std::string_view::npos || has_unprintable(s)) return {false, false, false};
  return out;
}

std::string single_quoted(std::string_view s) {
  std::string out = "'";
  for (const char c : s) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

/// The characters with a short escape, and the letter of each.
constexpr std::pair<char, char> kShortEscapes[] = {{'"', '"'},  {'\\', '\\'}, {'\0', '0'}, {'\a', 'a'},
                                                   {'\b', 'b'}, {'\t', 't'},  {'\n', 'n'}, {'\v', 'v'},
                                                   {'\f', 'f'}, {'\r', 'r'},  {0x1B, 'e'}};

void append_escaped(std::uint32_t code, std::string_view bytes, std::string& out) {
  for (const auto& [character, letter] : kShortEscapes) {
    if (code != static_cast<std::uint32_t>(character)) continue;
    out += '\\';
    out += letter;
    return;
  }
  if (is_printable(code)) {
    out += bytes;
  } else if (code <= 0xFF) {
    out += fmt::format("\\x{:02X}", code);
  } else if (code <= 0xFFFF) {
    out += fmt::format("\\u{:04X}", code);
  } else {
    out += fmt::format("\\U{:08X}", code);
  }
}

std::string double_quoted(std::string_view s) {
  std::string out = "\"";
  while (!s.empty()) {
    const std::string_view character = s.substr(0, width(s));
    append_escaped(code_point(character), character, out);
    s.remove_prefix(character.size());
  }
  return out + "\"";
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  /// A value after `key:` or `-`, with lines indented by `indent`.
  void value(const Value& v, std::size_t indent, bool in_list) {
    if (v.IsObject() && v.MemberCount() > 0) {
      in_list ? out_ += ' ' : out_ += '\n';
      map(v, indent + 2, in_list);
    } else if (v.IsArray() && !v.Empty()) {
      in_list ? out_ += ' ' : out_ += '\n';
      list(v, in_list ? indent + 2 : indent, in_list);
    } else if (v.IsString()) {
      out_ += ' ';
      text(spec::text_of(v), indent + 2);
    } else {
      out_ += ' ';
      out_ += word(v);
      out_ += '\n';
    }
  }

  void map(const Value& v, std::size_t indent, bool first_on_line) {
    for (const auto& member : v.GetObject()) {
      if (!std::exchange(first_on_line, false)) out_.append(indent, ' ');
      out_ += yaml_scalar(spec::text_of(member.name));
      out_ += ':';
      value(member.value, indent, false);
    }
  }

  void list(const Value& v, std::size_t indent, bool first_on_line) {
    for (const Value& element : v.GetArray()) {
      if (!std::exchange(first_on_line, false)) out_.append(indent, ' ');
      out_ += '-';
      value(element, indent, true);
    }
  }

  /// A string: a literal block, indented by `indent`, if it has several lines; else on this line.
  void text(std::string_view s, std::size_t indent) {
    if (s.find('\n') == std::string_view::npos || !analyse(s).block) {
      out_ += yaml_scalar(s);
      out_ += '\n';
      return;
    }
    out_ += '|';
    if (s[0] == ' ' || s[0] == '\n') out_ += '2';
    if (s.back() != '\n') out_ += '-';
    if (s == "\n" || s.ends_with("\n\n")) out_ += '+';
    out_ += '\n';
    while (!s.empty()) {
      const std::size_t end = std::min(s.find('\n'), s.size());
      if (end > 0) out_.append(indent, ' ').append(s.substr(0, end));
      out_ += '\n';
      s.remove_prefix(std::min(end + 1, s.size()));
    }
  }

  static std::string word(const Value& v) {
    if (v.IsObject()) return "{}";
    if (v.IsArray()) return "[]";
    return spec::to_json(v);
  }

 private:
  std::string out_;
};

}  // namespace

std::string yaml_scalar(std::string_view text) {
  if (text.find('\n') != std::string_view::npos || !reads_as_text(text)) return double_quoted(text);
  const Analysis allowed = analyse(text);
  if (allowed.plain) return std::string(text);
  return allowed.single_quoted ? single_quoted(text) : double_quoted(text);
}

std::string to_yaml(const Value& value) {
  Writer writer;
  if (value.IsObject() && value.MemberCount() > 0) {
    writer.map(value, 0, true);
  } else if (value.IsArray() && !value.Empty()) {
    writer.list(value, 0, true);
  } else if (value.IsString()) {
    writer.text(spec::text_of(value), 2);
  } else {
    return Writer::word(value) + "\n";
  }
  return writer.take();
}

}  // namespace modelgate::yaml
