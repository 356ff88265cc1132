// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long a client waits for its answer, which the API server says in the query. Used by http/session.cc and
// webhook/admission_handler.cc.

#include <chrono>
#include <optional>
#include <string_view>

namespace modelgate::http {

// The value of `timeout` in a query such as "timeout=5s&dryRun=true". Nothing where it is absent, malformed
// or 0.
std::optional<std::chrono::nanoseconds> timeout_of_query(std::string_view query);

}  // namespace modelgate::http
