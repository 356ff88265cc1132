// SPDX-License-Identifier: Apache-2.0
#include "validation/runtime_containers.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "validation/metadata_maps.h"

namespace modelgate::validation {
namespace {

/// Containers in an error.
constexpr std::size_t kMaxShown = 8;

}  // namespace

void check_serving_container(const RuntimeObject& r, Report& report) {
  if (r.spec().multi_model()) return;  // ModelMesh names the serving container
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
  report.add(required(at, fmt::format("one container must be named {}, found {}",
                                      spec::quote(spec::kServingContainerName), fmt::join(names, ", "))));
}

void check_runtime_metadata_maps(const RuntimeObject& r, Report& report) {
  const LazyPath metadata("metadata");
  check_labels(r.metadata().labels(), metadata / "labels", report);
  check_annotations(r.metadata().annotations(), metadata / "annotations", report);
  check_labels(r.spec().object<spec::StringMapView>("labels"), r.spec_at() / "labels", report);
  check_annotations(r.spec().object<spec::StringMapView>("annotations"), r.spec_at() / "annotations", report);
}

}  // namespace modelgate::validation
