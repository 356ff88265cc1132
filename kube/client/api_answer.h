// SPDX-License-Identifier: Apache-2.0
//
// What the API server's answers say: documents, and `Status` objects, which are error answers and ERROR
// events of a watch. No I/O. Used by the client's parts.
#pragma once

#include <string_view>

#include "kube/client/api_error.h"
#include "kube/client/http_response.h"
#include "spec/json.h"

namespace modelgate::kube {

/// Reads a document that may be a long list: the limit on its values grows with the text, which
/// kMaxResponseBytes bounds. metadata.managedFields is passed over unless asked for.
spec::Result<spec::Value, spec::JsonError> parse_answer(std::string_view text, spec::Arena& arena,
                                                        bool managed_fields = false);

/// Of a Status object. `code` where it names none.
ApiError error_of_status(const spec::Value& status, int code);

/// Of an answer that is no success. A proxy's answer may be no Status: then its first line counts.
ApiError error_of_answer(const HttpHead& head, std::string_view body);

}  // namespace modelgate::kube
