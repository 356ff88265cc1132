// SPDX-License-Identifier: Apache-2.0
//
// The paths that the API server calls: KServe's, so that KServe's registration works. Used by admission_handler.cc,
// and by metrics.cc for the label `webhook`.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "admission/admission.h"

namespace modelgate::webhook {

struct AdmissionPath {
  std::string_view path;
  admission::Endpoint endpoint;
  /// An answer without an object that could not be read would be permanent: such a request gets an HTTP error, and
  /// is repeated. Otherwise an unknown object never denies.
  bool needs_all_facts = false;
};

/// In a fixed order; counters use the index.
std::span<const AdmissionPath> admission_paths();

/// Exact match, without the query; nothing for other paths.
std::optional<std::size_t> find_admission_path(std::string_view path);

}  // namespace modelgate::webhook
