// SPDX-License-Identifier: Apache-2.0
//
// The other half of spec/json.h: documents as text (compact, for people, canonical) and compared with each
// other. Reading is in json.cc.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <vector>

#include "spec/json.h"
#include "spec/json_scan.h"

namespace modelgate::spec {
namespace {

/// What a byte that does not stand for itself becomes in a string: a letter behind a backslash, or 'u' for
/// \u00XX.
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

std::vector<const Value::Member*> sorted_members(const Value& object) {
  std::vector<const Value::Member*> members;
  members.reserve(object.MemberCount());
  for (const auto& m : object.GetObject()) members.push_back(&m);
  std::ranges::sort(members, {}, [](const Value::Member* m) { return text_of(m->name); });
  return members;
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

/// Objects up to this size are compared member by member, larger ones sorted.
constexpr rapidjson::SizeType kPairwiseLimit = 12;

bool equal_objects(const Value& a, const Value& b) {
  if (a.MemberCount() != b.MemberCount()) return false;
  if (a.MemberCount() <= kPairwiseLimit) {
    for (auto at = b.MemberBegin(); const auto& m : a.GetObject()) {
      // Mostly the members come in the same order.
      const Value* other = text_of(at->name) == text_of(m.name) ? &at->value : find(b, text_of(m.name));
      if (!other || !equal(m.value, *other)) return false;
      ++at;
    }
    return true;
  }
  return std::ranges::equal(sorted_members(a), sorted_members(b), [](const auto* x, const auto* y) {
    return text_of(x->name) == text_of(y->name) && equal(x->value, y->value);
  });
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
  return out;
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

bool equal(const Value& a, const Value& b) {
  if (a.IsNumber() && b.IsNumber()) {
    if (a.IsInt64() && b.IsInt64()) return a.GetInt64() == b.GetInt64();
    return a.GetDouble() == b.GetDouble();
  }
  if (a.GetType() != b.GetType()) return false;
  if (a.IsString()) return text_of(a) == text_of(b);
  if (a.IsObject()) return equal_objects(a, b);
  if (a.IsArray()) {
    return std::ranges::equal(a.GetArray(), b.GetArray(),
                              [](const Value& x, const Value& y) { return equal(x, y); });
  }
  return true;  // null, true, false: the type is the value
}

bool equal(const Value* a, const Value* b) {
  if (!a || !b) return a == b;
  return equal(*a, *b);
}

}  // namespace modelgate::spec
