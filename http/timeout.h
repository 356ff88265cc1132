// SPDX-License-Identifier: Apache-2.0
//
// The client's timeout, which the API server sends in the query. Used by http/session.cc and
// webhook/admission_handler.cc.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace modelgate::http {

/// The value of `timeout` in a query such as "timeout=5s&dryRun=true". Nothing if it is missing, malformed or
/// 0.
std::optional<std::chrono::nanoseconds> timeout_of_query(std::string_view query);

}  // namespace modelgate::http
