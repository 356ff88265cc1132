// SPDX-License-Identifier: Apache-2.0
//
// A runtime's containers, as far as they differ from anybody's: one of them serves.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "validation/metadata_maps.h"
#include "validation/runtime_rules.h"

namespace modelgate::validation {
namespace {

/// As many containers as the error names.
constexpr std::size_t kMaxShown = 8;

}  // namespace

void check_serving_container(const RuntimeObject& r, Report& report) {
  if (r.spec().multi_model()) return;  // what serves there is named by whoever manages the models
  const auto containers = r.spec().containers();
  const LazyPath at = r.spec_at() / "containers";
  if (containers.empty()) {
    report.add(required(at, fmt::format("needs a container named {}", spec::kServingContainerName)));
    return;
  }
  std::vector<std::string_view> names;
  for (const spec::ContainerView c : containers) {
    if (c.name() == spec::kServingContainerName) return;
    if (names.size() < kMaxShown) names.push_back(c.name());
  }
  report.add(required(at, fmt::format("one of them must be named {}, found {}",
                                      spec::quoted(spec::kServingContainerName), fmt::join(names, ", "))));
}

void check_runtime_names(const RuntimeObject& r, Report& report) {
  const LazyPath metadata("metadata");
  check_labels(r.metadata().labels(), metadata / "labels", report);
  check_annotations(r.metadata().annotations(), metadata / "annotations", report);
  check_labels(r.spec().object<spec::StringMapView>("labels"), r.spec_at() / "labels", report);
  check_annotations(r.spec().object<spec::StringMapView>("annotations"), r.spec_at() / "annotations", report);
}

}  // namespace modelgate::validation
