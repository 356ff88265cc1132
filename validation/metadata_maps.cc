// SPDX-License-Identifier: Apache-2.0
#include "validation/metadata_maps.h"

#include <fmt/format.h>

#include "spec/names.h"

namespace modelgate::validation {

void check_labels(const spec::StringMapView& labels, const LazyPath& at, Report& report) {
  labels.for_each([&](std::string_view key, std::string_view value) {
    if (const auto problem = spec::check_qualified_name(key)) {
      report.add(invalid(at.key(key), key, std::string(*problem)));
    } else if (const auto wrong = spec::check_label_value(value)) {
      report.add(invalid(at.key(key), value, std::string(*wrong)));
    }
  });
}

void check_annotations(const spec::StringMapView& annotations, const LazyPath& at, Report& report) {
  annotations.for_each([&](std::string_view key, std::string_view) {
    if (const auto problem = spec::check_annotation_key(key)) {
      report.add(invalid(at.key(key), key, std::string(*problem)));
    }
  });
  if (!annotations) return;
  const std::size_t bytes = spec::map_bytes(*annotations.value());
  if (bytes <= spec::kMaxAnnotationsBytes) return;
  report.add(
      {spec::ErrorType::kTooLong,
       at,
       {},
       fmt::format("must have at most {} bytes in total, have {}", spec::kMaxAnnotationsBytes, bytes)});
}

}  // namespace modelgate::validation
