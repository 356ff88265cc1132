// SPDX-License-Identifier: Apache-2.0
//
// Kubernetes quantities: `100m`, `0.5`, `2`, `1Gi`, `1e3`. Used for resources, limits, sizes and metric
// targets.
//
//   auto limit = Quantity::parse("1Gi");
//   if (!limit) return limit.error();     // "has the unknown suffix \"GiB\" (did you mean \"Gi\"?): ..."
//   if (*limit < *request) ...
//   limit->canonical()                    // "1Gi"; for "1024Mi" too
//
// The rules are those of k8s.io/apimachinery/pkg/api/resource, whose recorded results are in the tests:
//   - a value finer than a nano is rounded away from zero to the next nano, so a positive value is never
//     zero;
//   - a value with a binary suffix (Ki ... Ei) is capped at 2^63-1, others are not capped;
//   - the suffix determines the format, and the format the canonical form;
//   - unusual texts are accepted as in Kubernetes: `5.`, `.5`, `+1`, `-1`, `00`, and "-", "." or "Gi" alone
//     as zero.
//
// Differences from Kubernetes:
//   - Kubernetes prints decimal values from 10^21 without their suffix ("1000E" becomes "1"). We print
//     `1e21`, which it reads back as the same value.
//   - Kubernetes truncates an exponent to 32 bits ("1e4294967296" becomes 1). We reject one above
//     kMaxExponent.
//   - A text longer than kMaxTextLength or with more than kMaxDigits significant digits is rejected.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "spec/rapidjson.h"

namespace modelgate::spec {

/// An exact decimal number with its format. 32 bytes, no allocation, cheap to copy.
///
/// The value is `mantissa * 10^exponent` with a mantissa of 128 bits without trailing zeros and an exponent
/// of at least -9. That fits every value of Kubernetes: a binary value is at most 2^63-1 in steps of a nano,
/// 29 digits; a decimal one is exact up to kMaxDigits significant digits, of any size. One value has one
/// representation, so equality compares members.
class Quantity {
 public:
  enum class Format : std::uint8_t { DecimalSI, BinarySI, DecimalExponent };

  /// 2^128 has 39 digits, so every number with 38 fits.
  static constexpr int kMaxDigits = 38;
  /// Larger than any real value; far from the limits of the exponent's type.
  static constexpr std::int64_t kMaxExponent = 1'000'000;
  /// Parsing is linear in the text; the longest meaningful text has fewer than 100 characters.
  static constexpr std::size_t kMaxTextLength = 1024;

  /// Zero, DecimalSI.
  constexpr Quantity() = default;

  /// `value` units in `format`.
  static Quantity of(std::int64_t value, Format format = Format::DecimalSI);

  /// The text of a quantity, without blanks around it. The error gives the problem and what is allowed, in
  /// lower case, without the text itself: "has the unknown suffix ...".
  static std::expected<Quantity, std::string> parse(std::string_view text);

  /// The value of a field: a string (blanks around it are ignored, as Kubernetes does) or a JSON number.
  static std::expected<Quantity, std::string> parse(const Value& value);

  Format format() const { return format_; }
  bool is_zero() const { return mantissa_ == 0; }
  /// -1, 0 or 1.
  int sign() const { return is_zero() ? 0 : (negative_ ? -1 : 1); }
  /// True for a whole number. Extended resources (GPUs) must be whole.
  bool is_whole() const { return exponent_ >= 0; }

  /// As Kubernetes prints a computed quantity; parse(canonical()) gives an equal value.
  std::string canonical() const;

  /// As Kubernetes stores it if it was written as `text` (which this was parsed from): some texts are stored
  /// as they are although they are not canonical ("1.500", "+1", "1E3"), others become canonical ("0.5" ->
  /// "500m").
  std::string stored(std::string_view text) const;

  /// Units, rounded away from zero, capped to 64 bits. Value() in Kubernetes.
  std::int64_t to_int64() const;
  /// Thousandths, in the same way. MilliValue() in Kubernetes.
  std::int64_t to_milli() const;

  /// By value, not by format.
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
