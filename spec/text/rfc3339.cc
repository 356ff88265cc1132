// SPDX-License-Identifier: Apache-2.0
#include "spec/text/rfc3339.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "spec/text/ascii.h"

namespace modelgate::text {
namespace {

using std::chrono::system_clock;

std::string format_seconds(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

/// Takes parts from the front of a text. After the first missing part it takes nothing, and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }
  bool next_is(char c) const { return ok_ && !rest_.empty() && to_lower(rest_.front()) == to_lower(c); }

  /// `digits` digits with a value of at most `max`.
  int number(std::size_t digits, int max) {
    int value = 0;
    ok_ = ok_ && rest_.size() >= digits && std::ranges::all_of(rest_.substr(0, digits), is_digit);
    for (std::size_t i = 0; ok_ && i < digits; ++i) value = value * 10 + (rest_[i] - '0');
    ok_ = ok_ && value <= max;
    skip(digits);
    return value;
  }

  void take(char c) {
    ok_ = next_is(c);
    skip(1);
  }

  void skip_digits() {
    ok_ = ok_ && !rest_.empty() && is_digit(rest_.front());
    while (ok_ && !rest_.empty() && is_digit(rest_.front())) skip(1);
  }

 private:
  void skip(std::size_t bytes) {
    if (ok_) rest_.remove_prefix(bytes);
  }

  std::string_view rest_;
  bool ok_ = true;
};

/// "Z", "+01:00", "-23:59".
std::chrono::minutes read_offset(Reader& reader) {
  if (reader.next_is('z')) {
    reader.take('z');
    return std::chrono::minutes(0);
  }
  const bool west = reader.next_is('-');
  reader.take(west ? '-' : '+');
  const std::chrono::hours hours(reader.number(2, 23));
  reader.take(':');
  const std::chrono::minutes offset = hours + std::chrono::minutes(reader.number(2, 59));
  return west ? -offset : offset;
}

}  // namespace

std::string format_rfc3339(system_clock::time_point time) {
  return format_seconds(std::chrono::floor<std::chrono::seconds>(time)) + "Z";
}

std::string format_rfc3339_micro(system_clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time - seconds);
  return fmt::format("{}.{:06}Z", format_seconds(seconds), micros.count());
}

std::optional<std::chrono::sys_seconds> parse_rfc3339(std::string_view text) {
  Reader reader(text);
  const std::chrono::year year(reader.number(4, 9999));
  reader.take('-');
  const std::chrono::month month(static_cast<unsigned>(reader.number(2, 12)));
  reader.take('-');
  const std::chrono::day day(static_cast<unsigned>(reader.number(2, 31)));
  reader.take('T');
  const std::chrono::hours hours(reader.number(2, 23));
  reader.take(':');
  const std::chrono::minutes minutes(reader.number(2, 59));
  reader.take(':');
  const std::chrono::seconds seconds(reader.number(2, 59));
  if (reader.next_is('.')) {
    reader.take('.');
    reader.skip_digits();
  }
  const std::chrono::minutes offset = read_offset(reader);
  const std::chrono::year_month_day date(year, month, day);
  if (!reader.at_end() || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + hours + minutes + seconds - offset;
}

}  // namespace modelgate::text
