// SPDX-License-Identifier: Apache-2.0
//
// Parses and prints quantities. See quantity.h for the rules and the differences from Kubernetes.
#include "spec/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <ranges>
#include <system_error>
#include <utility>

#include "spec/json_text.h"
#include "spec/json_value.h"
#include "spec/text/ascii.h"

namespace modelgate::spec {
namespace {

using Format = Quantity::Format;
using uint128 = unsigned __int128;

constexpr std::int64_t kNano = -9;
constexpr uint128 kMaxBinary = (uint128{1} << 63) - 1;  // the cap on values with a binary suffix

struct Suffix {
  std::string_view text;
  Format format;
  int exponent;  // of 10, or of 2 where the format is BinarySI
};

constexpr std::array kSuffixes = {
    Suffix{"", Format::DecimalSI, 0},   Suffix{"n", Format::DecimalSI, -9},
    Suffix{"u", Format::DecimalSI, -6}, Suffix{"m", Format::DecimalSI, -3},
    Suffix{"k", Format::DecimalSI, 3},  Suffix{"M", Format::DecimalSI, 6},
    Suffix{"G", Format::DecimalSI, 9},  Suffix{"T", Format::DecimalSI, 12},
    Suffix{"P", Format::DecimalSI, 15}, Suffix{"E", Format::DecimalSI, 18},
    Suffix{"Ki", Format::BinarySI, 10}, Suffix{"Mi", Format::BinarySI, 20},
    Suffix{"Gi", Format::BinarySI, 30}, Suffix{"Ti", Format::BinarySI, 40},
    Suffix{"Pi", Format::BinarySI, 50}, Suffix{"Ei", Format::BinarySI, 60},
};

constexpr std::string_view kAllowed =
    "allowed is a number with one of the suffixes n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or an "
    "exponent, such as 100m, 0.5, 2, 1Gi or 1e3";

constexpr std::array<uint128, Quantity::kMaxDigits + 1> kPowersOfTen = [] {
  std::array<uint128, Quantity::kMaxDigits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

int count_digits(uint128 value) {
  const auto above = std::ranges::upper_bound(kPowersOfTen, value);
  return std::max(1, static_cast<int>(above - kPowersOfTen.begin()));
}

std::string to_text(uint128 value) {
  std::array<char, 40> buffer{};
  std::size_t at = buffer.size();
  do {
    buffer[--at] = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  return {buffer.data() + at, buffer.size() - at};
}

const Suffix* find_suffix(std::string_view text) {
  const auto found = std::ranges::find(kSuffixes, text, &Suffix::text);
  return found == kSuffixes.end() ? nullptr : &*found;
}

/// "G" for "GB" and "gb", "Gi" for "GiB" and "gi".
std::optional<std::string_view> nearest_suffix(std::string_view text) {
  if (text.size() > 1 && text::to_lower(text.back()) == 'b') text.remove_suffix(1);
  for (const Suffix& suffix : kSuffixes) {
    if (!suffix.text.empty() && text::equal_ignoring_case(suffix.text, text)) return suffix.text;
  }
  return std::nullopt;
}

std::string unknown_suffix(std::string_view text) {
  constexpr std::size_t kShown = 16;
  std::string shown;
  for (char c : text.substr(0, kShown)) shown += (c >= ' ' && c <= '~') ? c : '?';
  if (text.size() > kShown) shown += "...";
  std::string message = "has the unknown suffix \"" + shown + "\"";
  if (const auto near = nearest_suffix(text)) message += " (did you mean \"" + std::string(*near) + "\"?)";
  return message + ": " + std::string(kAllowed);
}

/// Removes the digits at the front of `text` and returns them.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, text::is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

std::string_view without_leading_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

/// Parses one text: [sign] whole [. fraction] suffix. The parts refer to it.
class QuantityReader {
 public:
  std::expected<Quantity, std::string> read(std::string_view text) {
    if (text.empty()) return fail("is empty");
    if (text.size() > Quantity::kMaxTextLength) return fail("is too long to be a quantity");
    std::string_view rest = text;
    negative_ = rest.front() == '-';
    if (rest.front() == '-' || rest.front() == '+') rest.remove_prefix(1);
    const std::string_view whole = take_digits(rest);
    whole_ = without_leading_zeros(whole);
    if (!rest.empty() && rest.front() == '.') {
      rest.remove_prefix(1);
      fraction_ = take_digits(rest);
    }
    const bool has_digits = !whole.empty() || !fraction_.empty();
    if (auto problem = read_suffix(rest)) return std::unexpected(std::move(*problem));
    if (!has_digits && !reads_without_digits()) return fail("has no digits");
    const auto problem = format_ == Format::BinarySI ? read_binary() : read_decimal();
    if (problem) return fail(*problem);
    return finish(text);
  }

 private:
  static std::unexpected<std::string> fail(std::string_view reason) {
    return std::unexpected(std::string(reason) + ": " + std::string(kAllowed));
  }

  std::optional<std::string> read_suffix(std::string_view text) {
    if (const Suffix* suffix = find_suffix(text)) {
      format_ = suffix->format;
      suffix_exponent_ = suffix->exponent;
      return std::nullopt;
    }
    if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return unknown_suffix(text);
    std::string_view number = text.substr(1);
    const bool has_sign = number.front() == '+' || number.front() == '-';
    if (std::ranges::find_if_not(number.substr(has_sign ? 1 : 0), text::is_digit) != number.end() ||
        number.size() == has_sign) {
      return unknown_suffix(text);
    }
    if (number.front() == '+') number.remove_prefix(1);
    std::int32_t exponent = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), exponent);
    if (error != std::errc{}) return "has an exponent that is out of range: " + std::string(kAllowed);
    format_ = Format::DecimalExponent;
    suffix_exponent_ = exponent;
    return std::nullopt;
  }

  // Kubernetes reads "m" or "Gi" as zero if its fast path can, and rejects "e-10" and "Pi".
  bool reads_without_digits() const {
    return format_ == Format::BinarySI ? suffix_exponent_ < 50 : suffix_exponent_ >= kNano;
  }

  /// Reads whole.fraction * 10^suffix_exponent_. Digits below a nano only determine the rounding.
  std::optional<std::string_view> read_decimal() {
    const auto lowest = suffix_exponent_ - static_cast<std::int64_t>(fraction_.size());
    const std::size_t length = whole_.size() + fraction_.size();
    const auto digit = [&](std::size_t i) {
      return i < whole_.size() ? whole_[i] : fraction_[i - whole_.size()];
    };
    // The digit at i has the weight 10^(lowest + length - 1 - i).
    std::size_t used = length;
    if (lowest < kNano) used = length - std::min(length, static_cast<std::size_t>(kNano - lowest));
    bool inexact = false;
    for (std::size_t i = used; i < length; ++i) inexact |= digit(i) != '0';
    exponent_ = std::max(lowest, kNano);
    std::size_t end = used;
    if (!inexact) {
      while (end > 0 && digit(end - 1) == '0') --end;
    }
    for (std::size_t i = 0; i < end; ++i) {
      if (mantissa_ >= kPowersOfTen[Quantity::kMaxDigits - 1]) return "has more than 38 significant digits";
      mantissa_ = mantissa_ * 10 + static_cast<unsigned>(digit(i) - '0');
    }
    exponent_ += static_cast<std::int64_t>(used - end);
    if (inexact) ++mantissa_;
    return std::nullopt;
  }

  /// Reads whole.fraction * 2^suffix_exponent_, in nanos, capped.
  std::optional<std::string_view> read_binary() {
    exponent_ = 0;
    uint128 whole = 0;
    for (char c : whole_) {
      whole = whole * 10 + static_cast<unsigned>(c - '0');
      if (whole > kMaxBinary) break;
    }
    const uint128 units = whole > kMaxBinary ? kMaxBinary + 1 : whole << suffix_exponent_;
    if (units > kMaxBinary) {
      mantissa_ = kMaxBinary;
      return std::nullopt;
    }
    // fraction * 2^exponent * 10^9 by Horner's rule from the last digit; the factor is below 2^90, so no
    // step exceeds 2^94. floor((n + floor(r)) / 10) is floor((n + r) / 10) for a whole n.
    const uint128 factor = kPowersOfTen[9] << suffix_exponent_;
    uint128 nanos = 0;
    bool inexact = false;
    for (const char c : fraction_ | std::views::reverse) {
      nanos += factor * static_cast<unsigned>(c - '0');
      inexact |= nanos % 10 != 0;
      nanos /= 10;
    }
    if (inexact) ++nanos;
    mantissa_ = units * kPowersOfTen[9] + nanos;
    exponent_ = kNano;
    if (mantissa_ > kMaxBinary * kPowersOfTen[9]) {
      mantissa_ = kMaxBinary;
      exponent_ = 0;
    }
    return std::nullopt;
  }

  std::expected<Quantity, std::string> finish(std::string_view text) {
    Quantity q;
    q.stored_as_text_ = stays_as_written(text);
    q.format_ = format_;
    if (mantissa_ == 0) return q;
    while (mantissa_ % 10 == 0) {
      mantissa_ /= 10;
      ++exponent_;
    }
    if (exponent_ > Quantity::kMaxExponent) return fail("is too large");
    // A binary value between 0 and 1 becomes decimal.
    if (format_ == Format::BinarySI && exponent_ < 0 &&
        mantissa_ < kPowersOfTen[static_cast<std::size_t>(-exponent_)]) {
      q.format_ = Format::DecimalSI;
    }
    q.mantissa_ = mantissa_;
    q.exponent_ = exponent_;
    q.negative_ = negative_;
    return q;
  }

  /// Kubernetes stores the text of a number as written if its fast path can read it and it looks canonical.
  bool stays_as_written(std::string_view text) const {
    if (text == "0") return true;
    const std::size_t whole_digits = std::max<std::size_t>(whole_.size(), 1);  // a "0" at least
    if (format_ == Format::BinarySI) {
      // 15 digits, minus those of 2^exponent, minus one.
      const int room = 14 - static_cast<int>(whole_digits) - static_cast<int>(suffix_exponent_ * 3 / 10);
      if (room < 0 || !fraction_.empty()) return false;
      return whole_value() % 8 != 0;
    }
    const std::int64_t lowest = suffix_exponent_ - static_cast<std::int64_t>(fraction_.size());
    if (whole_digits + fraction_.size() > 18 || lowest < kNano || lowest % 3 != 0 || whole_.empty())
      return false;
    return trailing_zeros() < 3;
  }

  /// Of the digits, without the point.
  std::size_t trailing_zeros() const {
    const std::size_t in_fraction = fraction_.size() - (fraction_.find_last_not_of('0') + 1);
    if (in_fraction < fraction_.size()) return in_fraction;
    return in_fraction + whole_.size() - (whole_.find_last_not_of('0') + 1);
  }

  /// The number before the suffix, which has at most 14 digits.
  std::uint64_t whole_value() const {
    std::uint64_t value = 0;
    for (char c : whole_) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
  }

  bool negative_ = false;
  std::string_view whole_;     // without leading zeros
  std::string_view fraction_;  // as written
  Format format_ = Format::DecimalSI;
  std::int64_t suffix_exponent_ = 0;
  uint128 mantissa_ = 0;
  std::int64_t exponent_ = 0;
};

static_assert(sizeof(Quantity) == 32);

Quantity Quantity::of(std::int64_t value, Format format) {
  Quantity q;
  q.format_ = format;
  if (value == 0) return q;
  q.negative_ = value < 0;
  q.mantissa_ = value < 0 ? -static_cast<uint128>(value) : static_cast<uint128>(value);
  if (format == Format::BinarySI) q.mantissa_ = std::min(q.mantissa_, kMaxBinary);
  while (q.mantissa_ % 10 == 0) {
    q.mantissa_ /= 10;
    ++q.exponent_;
  }
  return q;
}

std::expected<Quantity, std::string> Quantity::parse(std::string_view text) {
  return QuantityReader().read(text);
}

std::expected<Quantity, std::string> Quantity::parse(const Value& value) {
  if (value.IsNumber()) return parse(std::string_view(to_json(value)));
  if (!value.IsString()) return std::unexpected("is not a quantity: " + std::string(kAllowed));
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  std::string_view text = text_of(value);
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
  return parse(text);
}

std::string Quantity::canonical() const {
  if (is_zero()) return "0";
  std::string out = negative_ ? "-" : "";
  if (format_ == Format::BinarySI && exponent_ >= 0) {
    // At most 2^63-1, so this is exact.
    uint128 units = mantissa_ * kPowersOfTen[static_cast<std::size_t>(exponent_)];
    if (units >= 1024) {
      int exponent = 0;
      for (; units >= 1024 && units % 1024 == 0; units /= 1024) exponent += 10;
      for (const Suffix& suffix : kSuffixes) {
        if (suffix.format == Format::BinarySI && suffix.exponent == exponent) {
          return out + to_text(units) + std::string(suffix.text);
        }
      }
      return out + to_text(units);
    }
  }
  // The exponent is rounded down to a multiple of three.
  const std::int64_t down = ((exponent_ % 3) + 3) % 3;
  const std::int64_t exponent = exponent_ - down;
  out += to_text(mantissa_);
  out.append(static_cast<std::size_t>(down), '0');
  if (exponent == 0) return out;
  if (format_ != Format::DecimalExponent) {
    for (const Suffix& suffix : kSuffixes) {
      if (suffix.format == Format::DecimalSI && suffix.exponent == exponent)
        return out + std::string(suffix.text);
    }
  }
  return out + "e" + std::to_string(exponent);
}

std::string Quantity::stored(std::string_view text) const {
  return stored_as_text_ ? std::string(text) : canonical();
}

std::int64_t Quantity::to_int64() const {
  return scaled_to(0);
}
std::int64_t Quantity::to_milli() const {
  return scaled_to(-3);
}

/// The value in units of 10^exponent, rounded away from zero, capped to 64 bits.
std::int64_t Quantity::scaled_to(int exponent) const {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  uint128 value = mantissa_;
  if (exponent_ < exponent) {
    const uint128 unit = kPowersOfTen[static_cast<std::size_t>(exponent - exponent_)];
    value = value / unit + (value % unit != 0 ? 1 : 0);
  } else if (exponent_ > exponent && !is_zero()) {
    const std::int64_t up = exponent_ - exponent;
    if (count_digits(value) + up > 19)
      value = static_cast<uint128>(kMax);
    else
      value *= kPowersOfTen[static_cast<std::size_t>(up)];
  }
  const auto capped = static_cast<std::int64_t>(std::min(value, static_cast<uint128>(kMax)));
  return negative_ ? -capped : capped;
}

std::strong_ordering operator<=>(const Quantity& a, const Quantity& b) {
  if (a.sign() != b.sign()) return a.sign() <=> b.sign();
  if (a.is_zero()) return std::strong_ordering::equal;
  const auto magnitude = [](const Quantity& q) { return count_digits(q.mantissa_) + q.exponent_; };
  std::strong_ordering order = magnitude(a) <=> magnitude(b);
  if (order == std::strong_ordering::equal) {
    // Both have the same number of digits before the point: their exponents are at most 37 apart, and the
    // number with the higher exponent has that many digits fewer.
    const std::int64_t lowest = std::min(a.exponent_, b.exponent_);
    const auto scaled = [&](const Quantity& q) {
      return q.mantissa_ * kPowersOfTen[static_cast<std::size_t>(q.exponent_ - lowest)];
    };
    order = scaled(a) <=> scaled(b);
  }
  return a.negative_ ? 0 <=> order : order;
}

}  // namespace modelgate::spec
