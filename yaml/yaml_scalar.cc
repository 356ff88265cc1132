// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "spec/text/ascii.h"

namespace modelgate::yaml {
namespace {

using Kind = YamlScalar::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Word {
  std::string_view text;
  YamlScalar meaning;
};

constexpr Word bool_word(std::string_view text, bool value) {
  return {text, {.kind = Kind::kBool, .boolean = value}};
}
constexpr Word null_word(std::string_view text) {
  return {text, {.kind = Kind::kNull}};
}
constexpr Word real_word(std::string_view text, double value) {
  return {text, {.kind = Kind::kFloat, .real = value}};
}

constexpr Word kWords[] = {
    bool_word("y", true),
    bool_word("Y", true),
    bool_word("yes", true),
    bool_word("Yes", true),
    bool_word("YES", true),
    bool_word("true", true),
    bool_word("True", true),
    bool_word("TRUE", true),
    bool_word("on", true),
    bool_word("On", true),
    bool_word("ON", true),
    bool_word("n", false),
    bool_word("N", false),
    bool_word("no", false),
    bool_word("No", false),
    bool_word("NO", false),
    bool_word("false", false),
    bool_word("False", false),
    bool_word("FALSE", false),
    bool_word("off", false),
    bool_word("Off", false),
    bool_word("OFF", false),
    null_word(""),
    null_word("~"),
    null_word("null"),
    null_word("Null"),
    null_word("NULL"),
    real_word(".nan", kNan),
    real_word(".NaN", kNan),
    real_word(".NAN", kNan),
    real_word(".inf", kInfinity),
    real_word(".Inf", kInfinity),
    real_word(".INF", kInfinity),
    real_word("+.inf", kInfinity),
    real_word("+.Inf", kInfinity),
    real_word("+.INF", kInfinity),
    real_word("-.inf", -kInfinity),
    real_word("-.Inf", -kInfinity),
    real_word("-.INF", -kInfinity),
};

std::size_t count_digits(std::string_view s) {
  return static_cast<std::size_t>(std::ranges::find_if_not(s, text::is_digit) - s.begin());
}

/// [-+]? ( .digits | digits [. digits?] ) ( [eE] [-+]? digits )?
bool is_decimal(std::string_view s) {
  if (!s.empty() && (s[0] == '-' || s[0] == '+')) s.remove_prefix(1);
  const std::size_t whole = count_digits(s);
  s.remove_prefix(whole);
  if (!s.empty() && s[0] == '.') {
    s.remove_prefix(1);
    const std::size_t fraction = count_digits(s);
    if (whole == 0 && fraction == 0) return false;
    s.remove_prefix(fraction);
  } else if (whole == 0) {
    return false;
  }
  if (s.empty()) return true;
  if (s[0] != 'e' && s[0] != 'E') return false;
  s.remove_prefix(1);
  if (!s.empty() && (s[0] == '-' || s[0] == '+')) s.remove_prefix(1);
  return !s.empty() && count_digits(s) == s.size();
}

/// Nothing if it is too large for a double: such a word is text.
std::optional<YamlScalar> decimal(std::string_view s) {
  if (!is_decimal(s)) return std::nullopt;
  const double value = std::strtod(std::string(s).c_str(), nullptr);
  if (!std::isfinite(value)) return std::nullopt;
  return YamlScalar{.kind = Kind::kFloat, .real = value};
}

std::optional<std::uint64_t> magnitude(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// A magnitude with its sign: int64 if it fits, else uint64 if there is no sign.
std::optional<YamlScalar> with_sign(std::string_view sign, std::uint64_t value) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (sign == "-") {
    if (value > kMax + 1) return std::nullopt;
    return YamlScalar{.kind = Kind::kInt, .integer = static_cast<std::int64_t>(0 - value)};
  }
  if (value <= kMax) return YamlScalar{.kind = Kind::kInt, .integer = static_cast<std::int64_t>(value)};
  if (!sign.empty()) return std::nullopt;
  return YamlScalar{.kind = Kind::kUint, .unsigned_integer = value};
}

std::string_view take_sign(std::string_view& s) {
  if (s.empty() || (s[0] != '-' && s[0] != '+')) return {};
  const std::string_view sign = s.substr(0, 1);
  s.remove_prefix(1);
  return sign;
}

/// Decimal, and 0b, 0o, 0x and a leading 0 for bases 2, 8, 16 and 8.
std::optional<YamlScalar> integer(std::string_view s) {
  const std::string_view sign = take_sign(s);
  if (s.empty()) return std::nullopt;
  int base = 10;
  if (s[0] == '0' && s.size() > 1) {
    const char letter = static_cast<char>(s[1] | 0x20);
    const bool prefixed = s.size() > 2 && (letter == 'b' || letter == 'o' || letter == 'x');
    base = !prefixed ? 8 : letter == 'b' ? 2 : letter == 'o' ? 8 : 16;
    s.remove_prefix(prefixed ? 2 : 1);
  }
  const auto value = magnitude(s, base);
  return value ? with_sign(sign, *value) : std::nullopt;
}

/// `0b-101`: a sign between prefix and digits, which go-yaml accepts.
std::optional<YamlScalar> binary_with_inner_sign(std::string_view s) {
  if (!s.starts_with("0b")) return std::nullopt;
  s.remove_prefix(2);
  const std::string_view sign = take_sign(s);
  if (sign.empty() || s.empty()) return std::nullopt;
  const auto value = magnitude(s, 2);
  return value ? with_sign(sign, *value) : std::nullopt;
}

/// Digits without the dot and the decimal exponent: 1234.5 is "12345" and 3.
struct Decimal {
  std::string sign;
  std::string digits;
  int exponent = 0;
};

template <typename Real>
Decimal shortest(Real value) {
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  std::string_view text(buffer.data(), end);
  Decimal out;
  if (text.starts_with('-')) out.sign = "-", text.remove_prefix(1);
  const std::size_t e = text.find('e');
  for (char c : text.substr(0, e)) {
    if (c != '.') out.digits += c;
  }
  std::string_view exponent = text.substr(e + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), out.exponent);
  return out;
}

std::string positional(const Decimal& d) {
  std::string out = d.sign;
  if (d.exponent < 0) {
    return out + "0." + std::string(static_cast<std::size_t>(-d.exponent - 1), '0') + d.digits;
  }
  const auto whole = static_cast<std::size_t>(d.exponent) + 1;
  if (d.digits.size() <= whole) return out + d.digits + std::string(whole - d.digits.size(), '0');
  return out + d.digits.substr(0, whole) + "." + d.digits.substr(whole);
}

std::string scientific(const Decimal& d, std::size_t exponent_digits) {
  std::string exponent = std::to_string(std::abs(d.exponent));
  if (exponent.size() < exponent_digits) exponent.insert(0, exponent_digits - exponent.size(), '0');
  std::string out = d.sign + d.digits.substr(0, 1);
  if (d.digits.size() > 1) out += "." + d.digits.substr(1);
  return out + (d.exponent < 0 ? "e-" : "e+") + exponent;
}

}  // namespace

YamlScalar resolve_scalar(std::string_view text) {
  for (const Word& word : kWords) {
    if (word.text == text) return word.meaning;
  }
  const YamlScalar as_text{};
  if (text[0] == '.') return decimal(text).value_or(as_text);
  if (!text::is_digit(text[0]) && text[0] != '-' && text[0] != '+') return as_text;
  std::string plain(text);
  std::erase(plain, '_');
  if (const auto value = integer(plain)) return *value;
  if (const auto value = decimal(plain)) return *value;
  return binary_with_inner_sign(plain).value_or(as_text);
}

std::string json_number(double value) {
  if (value == 0) return "0";
  const Decimal d = shortest(value);
  const bool far = d.exponent < -6 || d.exponent >= 21;
  return far ? scientific(d, 1) : positional(d);
}

std::string key_of_real(double value) {
  if (std::isnan(value)) return ".nan";
  const auto single = static_cast<float>(value);
  if (std::isinf(single)) return single > 0 ? ".inf" : "-.inf";
  const Decimal d = shortest(single);
  const bool far = d.exponent < -4 || d.exponent >= 6;
  return far ? scientific(d, 2) : positional(d);
}

}  // namespace modelgate::yaml
