// SPDX-License-Identifier: Apache-2.0
//
// Parses durations in Go's format, which the API server uses in `?timeout=10s` and in flags. Used by
// http/timeout.cc and process/command_line.cc.
//
//   parse_duration("1m30s")  -> 90 s         parse_duration("1.5h") -> 5400 s
//   parse_duration("10")     -> nothing: the unit is missing; only "0" needs none
//
// Follows Go's time.ParseDuration: a sum of decimal numbers, each with ns, us, µs, ms, s, m or h.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace modelgate::process {

/// Nothing for malformed text, a negative duration, or more than 292 years.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace modelgate::process
