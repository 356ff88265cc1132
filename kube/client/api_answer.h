// SPDX-License-Identifier: Apache-2.0
//
// Parses the API server's answers: documents, and `Status` objects, which are error answers and ERROR events
// of a watch. No I/O. Used by the other files of kube/client/.
#pragma once

#include <string_view>

#include "kube/client/api_error.h"
#include "kube/client/http_response.h"
#include "spec/json.h"

namespace modelgate::kube {

/// Parses a document that may be a long list: the limit on its number of values grows with the text, which
/// kMaxResponseBytes limits. Skips metadata.managedFields unless `managed_fields`.
spec::Result<spec::Value, spec::JsonError> parse_answer(std::string_view text, spec::Arena& arena,
                                                        bool managed_fields = false);

/// The error in a Status object; `code` if it has no code.
ApiError error_of_status(const spec::Value& status, int code);

/// The error in an unsuccessful answer. For a proxy's answer that is not a Status: its first line.
ApiError error_of_answer(const HttpHead& head, std::string_view body);

}  // namespace modelgate::kube
