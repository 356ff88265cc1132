// SPDX-License-Identifier: Apache-2.0
//
// Times in RFC 3339, as Kubernetes writes them: metav1.Time to the second, metav1.MicroTime (Leases, Events)
// to the microsecond, both in UTC. No clock is read here; <chrono> provides the types.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace modelgate::text {

/// "2026-11-23T12:00:00Z". Fractions of a second are dropped.
std::string format_rfc3339(std::chrono::system_clock::time_point time);

/// "2026-11-23T12:00:00.000001Z".
std::string format_rfc3339_micro(std::chrono::system_clock::time_point time);

/// A whole RFC 3339 time with any offset, in UTC; "t" and "z" are allowed for "T" and "Z". The fraction of
/// the second is dropped. Nothing for other texts, dates that do not exist, and leap seconds (as for Go).
/// Seconds: a system_clock::time_point counts nanoseconds and ends with the year 2262.
std::optional<std::chrono::sys_seconds> parse_rfc3339(std::string_view text);

}  // namespace modelgate::text
