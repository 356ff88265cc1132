// SPDX-License-Identifier: Apache-2.0
#include "process/duration.h"

#include <array>
#include <charconv>
#include <limits>

namespace modelgate::process {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};

// Of units with a common prefix the longer one comes first.
constexpr std::array kUnits{
    Unit{"ns", 1},   Unit{"us", 1e3}, Unit{"\u00b5s", 1e3}, Unit{"\u03bcs", 1e3},
    Unit{"ms", 1e6}, Unit{"s", 1e9},  Unit{"m", 60e9},      Unit{"h", 3600e9},
};

const Unit* take_unit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

// Digits with at most one decimal point; no sign, no exponent.
std::optional<double> take_number(std::string_view& text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789."));
  double number = 0;
  const auto read = std::from_chars(digits.begin(), digits.end(), number, std::chars_format::fixed);
  if (digits.empty() || read.ec != std::errc() || read.ptr != digits.end()) return std::nullopt;
  text.remove_prefix(digits.size());
  return number;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return std::nullopt;
  double sum = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const Unit* const unit = take_unit(text);
    if (unit == nullptr) return std::nullopt;
    sum += *number * unit->nanoseconds;
  }
  if (sum >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(sum));
}

}  // namespace modelgate::process
