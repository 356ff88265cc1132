// SPDX-License-Identifier: Apache-2.0
#pragma once

// The paths that the API server calls: KServe's, so that a registration made for KServe finds us. Used by
// webhook/admission_handler.cc, and by webhook/metrics.cc for the label `webhook`.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "admission/admission.h"

namespace modelgate::webhook {

struct AdmissionPath {
  std::string_view path;
  admission::Endpoint endpoint;
};

// In a fixed order; an index into it names a path in counters.
std::span<const AdmissionPath> admission_paths();

// Exact match, without the query. Nothing for any other path.
std::optional<std::size_t> find_admission_path(std::string_view path);

}  // namespace modelgate::webhook
