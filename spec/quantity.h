// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes quantities: `100m`, `0.5`, `2`, `1Gi`, `1e3`. Who calls: everything that reads resources,
// limits, sizes and metric targets.
//
//   auto limit = Quantity::parse("1Gi");
//   if (!limit) return limit.error();            // "has the unknown suffix \"GiB\" (did you mean \"Gi\"?)
//   ..." if (*limit < *request) ... limit->canonical()                           // "1Gi"; of "1024Mi" too
//
// The document followed is k8s.io/apimachinery/pkg/api/resource, whose answers the tests hold:
//   - a value finer than a nano is rounded away from zero to the next nano, so what is asked for is never
//   nothing;
//   - a value with a binary suffix (Ki ... Ei) is capped at 2^63-1, others are not capped;
//   - the suffix decides the format, and the format decides the canonical form;
//   - odd texts that Kubernetes reads are read: `5.`, `.5`, `+1`, `-1`, `00`, and "-", "." or "Gi" alone as
//   zero.
//
// Where we differ, and why:
//   - Kubernetes prints decimal values from 10^21 on without their suffix ("1000E" becomes "1"). We print
//   such a
//     value as `1e21`, which it reads back as the same value.
//   - Kubernetes cuts an exponent to 32 bits ("1e4294967296" becomes 1). We refuse one beyond kMaxExponent.
//   - A text longer than kMaxTextLength or with more than kMaxDigits significant digits is refused.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "spec/rapidjson.h"

namespace modelgate::spec {

/// An exact decimal number and the way it was written. 32 bytes, no allocation, freely copied.
///
/// The value is `mantissa * 10^exponent` with a mantissa of 128 bits without trailing zeros and an exponent
/// of at least -9. That holds everything Kubernetes means: a binary value is at most 2^63-1 and at least a
/// nano apart from the next one, 29 digits; a decimal one is exact up to kMaxDigits significant digits, of
/// any size. One value has one representation, so equality compares members.
class Quantity {
 public:
  enum class Format : std::uint8_t { DecimalSI, BinarySI, DecimalExponent };

  /// 2^128 has 39 digits, so every number of 38 fits.
  static constexpr int kMaxDigits = 38;
  /// Beyond anything meant; keeps exponents far from the limits of their type.
  static constexpr std::int64_t kMaxExponent = 1'000'000;
  /// Reading is linear in the text; the longest text with a meaning has fewer than 100 characters.
  static constexpr std::size_t kMaxTextLength = 1024;

  /// Zero, DecimalSI.
  constexpr Quantity() = default;

  /// `value` units in `format`.
  static Quantity of(std::int64_t value, Format format = Format::DecimalSI);

  /// The text of a quantity, without blanks around it. The error says what is wrong and what is allowed, in
  /// lower case, without the text itself: "has the unknown suffix ...".
  static std::expected<Quantity, std::string> parse(std::string_view text);

  /// The value of a field: a string (blanks around it are ignored, as Kubernetes does) or a JSON number.
  static std::expected<Quantity, std::string> parse(const Value& value);

  Format format() const { return format_; }
  bool is_zero() const { return mantissa_ == 0; }
  /// -1, 0 or 1.
  int sign() const { return is_zero() ? 0 : (negative_ ? -1 : 1); }
  /// Whether it counts whole things: extended resources (GPUs) must be whole.
  bool is_whole() const { return exponent_ >= 0; }

  /// As Kubernetes prints a computed quantity; parse(canonical()) gives an equal value.
  std::string canonical() const;

  /// As Kubernetes stores it when it was given as `text` (which this was parsed from): some texts stay as
  /// they are though they are not canonical ("1.500", "+1", "1E3"), others become canonical ("0.5" ->
  /// "500m").
  std::string stored(std::string_view text) const;

  /// Units, rounded away from zero, and held within 64 bits. What Kubernetes calls Value().
  std::int64_t to_int64() const;
  /// Thousandths, likewise. What Kubernetes calls MilliValue().
  std::int64_t to_milli() const;

  /// By value; the format does not matter.
  friend bool operator==(const Quantity& a, const Quantity& b) {
    return a.sign() == b.sign() && a.mantissa_ == b.mantissa_ && a.exponent_ == b.exponent_;
  }
  friend std::strong_ordering operator<=>(const Quantity& a, const Quantity& b);

 private:
  unsigned __int128 mantissa_ = 0;  // no trailing decimal zeros
  std::int64_t exponent_ = 0;       // >= -9; 0 for zero
  Format format_ = Format::DecimalSI;
  bool negative_ = false;        // false for zero
  bool stored_as_text_ = false;  // see stored()

  friend class QuantityReader;
  std::int64_t scaled_to(int exponent) const;
};

}  // namespace modelgate::spec
