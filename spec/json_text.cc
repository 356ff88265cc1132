// SPDX-License-Identifier: Apache-2.0
#include "spec/json_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "spec/json_scan.h"
#include "spec/json_value.h"
#include "spec/text/printable.h"

namespace modelgate::spec {
namespace {

/// The escape of a byte that is not plain: a letter after a backslash, or 'u' for \u00XX.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> t{};
  for (unsigned c = 0; c < 0x20; ++c) t[c] = 'u';
  t['\b'] = 'b';
  t['\f'] = 'f';
  t['\n'] = 'n';
  t['\r'] = 'r';
  t['\t'] = 't';
  t['"'] = '"';
  t['\\'] = '\\';
  return t;
}();

void append_string(std::string_view s, std::string& out) {
  out += '"';
  while (true) {
    const std::size_t plain = plain_length(s);
    out.append(s, 0, plain);
    if (plain == s.size()) break;
    const auto c = static_cast<unsigned char>(s[plain]);
    out += '\\';
    out += kEscapes[c];
    if (kEscapes[c] == 'u') fmt::format_to(std::back_inserter(out), "{:04x}", unsigned{c});
    s.remove_prefix(plain + 1);
  }
  out += '"';
}

/// The shortest text that reads as the same number; whole doubles without a fraction, as Go writes them.
template <typename Number>
void append_number(Number n, std::string& out) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), n).ptr;
  out.append(buffer.data(), end);
}

void append_scalar(const Value& v, std::string& out) {
  switch (v.GetType()) {
    case rapidjson::kStringType:
      return append_string(text_of(v), out);
    case rapidjson::kTrueType:
      out += "true";
      return;
    case rapidjson::kFalseType:
      out += "false";
      return;
    case rapidjson::kNumberType:
      if (v.IsInt64()) return append_number(v.GetInt64(), out);
      return append_number(v.GetDouble(), out);
    default:
      out += "null";
  }
}

void append_pretty(const Value& v, std::size_t indent, std::string& out) {
  const std::string inner(indent + 2, ' ');
  if (v.IsObject() && v.MemberCount() > 0) {
    out += "{\n";
    const char* separator = "";
    for (const auto& m : v.GetObject()) {
      out += separator;
      out += inner;
      append_json(m.name, out);
      out += ": ";
      append_pretty(m.value, indent + 2, out);
      separator = ",\n";
    }
    out += "\n" + std::string(indent, ' ') + "}";
  } else if (v.IsArray() && !v.Empty()) {
    out += "[\n";
    const char* separator = "";
    for (const Value& e : v.GetArray()) {
      out += separator;
      out += inner;
      append_pretty(e, indent + 2, out);
      separator = ",\n";
    }
    out += "\n" + std::string(indent, ' ') + "]";
  } else {
    append_json(v, out);
  }
}

void append_canonical(const Value& v, std::string& out) {
  if (v.IsObject()) {
    out += '{';
    for (const char* separator = ""; const Value::Member* m : sorted_members(v)) {
      out += separator;
      append_json(m->name, out);
      out += ':';
      append_canonical(m->value, out);
      separator = ",";
    }
    out += '}';
  } else if (v.IsArray()) {
    out += '[';
    for (const char* separator = ""; const Value& e : v.GetArray()) {
      out += separator;
      append_canonical(e, out);
      separator = ",";
    }
    out += ']';
  } else {
    append_json(v, out);
  }
}

}  // namespace

void append_json(const Value& value, std::string& out) {
  if (value.IsObject()) {
    out += '{';
    for (const char* separator = ""; const auto& m : value.GetObject()) {
      out += separator;
      append_string(text_of(m.name), out);
      out += ':';
      append_json(m.value, out);
      separator = ",";
    }
    out += '}';
  } else if (value.IsArray()) {
    out += '[';
    for (const char* separator = ""; const Value& e : value.GetArray()) {
      out += separator;
      append_json(e, out);
      separator = ",";
    }
    out += ']';
  } else {
    append_scalar(value, out);
  }
}

void append_json(std::string_view text, std::string& out) {
  append_string(text, out);
}

std::string to_json(const Value& value) {
  std::string out;
  out.reserve(512);
  append_json(value, out);
  return out;
}

std::string to_pretty_json(const Value& value) {
  std::string out;
  append_pretty(value, 0, out);
  out += '\n';
  return text::json_without_hidden(std::move(out));
}

std::string to_canonical_json(const Value& value) {
  std::string out;
  append_canonical(value, out);
  return out;
}

std::string digest(const Value& value) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : to_canonical_json(value)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace modelgate::spec
