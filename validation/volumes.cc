// SPDX-License-Identifier: Apache-2.0
#include "validation/volumes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "spec/names.h"
#include "spec/runtime_support.h"
#include "validation/duplicates.h"

namespace modelgate::validation {
namespace {

/// Volumes that Pod injection adds for a model.
constexpr std::array<std::string_view, 2> kInjected = {"kserve-provision-location", "kserve-pvc-source"};

/// The volumes that a Pod's containers can mount.
struct Volumes {
  std::vector<std::string_view> names;  // sorted
  bool complete = true;                 // false: an unknown runtime may add more

  bool has(std::string_view name) const {
    return !complete || std::ranges::binary_search(names, name) ||
           std::ranges::find(kInjected, name) != kInjected.end();
  }
};

void add_names(Volumes& volumes, const spec::PodSpecView& pod) {
  for (const spec::VolumeView v : pod.volumes()) volumes.names.push_back(v.name());
}

void add_names_of_runtime(Volumes& volumes, const spec::Runtime& runtime, bool worker) {
  const spec::ServingRuntimeSpecView spec = runtime.view.spec();
  if (worker) {
    add_names(volumes, spec.worker_spec());
  } else {
    add_names(volumes, spec);
  }
}

/// Of the named runtime; if none is named, of each that could be selected.
void add_names_of_runtimes(Volumes& volumes, const Service& s, const Pod& pod) {
  const spec::PredictorView predictor(pod.component->view.value());
  // A canary without a runtime has the stable predictor's.
  const spec::ModelSpecView stable = s.predictor() ? s.predictor()->model() : spec::ModelSpecView{};
  const auto name = predictor.model().runtime() ? predictor.model().runtime() : stable.runtime();
  if (name) {
    const spec::Runtime* runtime = s.catalog().find_runtime(s.namespace_(), *name);
    volumes.complete = runtime != nullptr;
    if (runtime) add_names_of_runtime(volumes, *runtime, pod.worker);
    return;
  }
  const spec::ModelRequirement wanted = spec::requirement_of(predictor);
  const auto add = [&](const spec::Runtime& r) {
    if (!spec::mismatch(r, wanted, spec::Choice::kAutomatic)) add_names_of_runtime(volumes, r, pod.worker);
  };
  std::ranges::for_each(s.catalog().namespace_runtimes(s.namespace_()), add);
  std::ranges::for_each(s.catalog().cluster_runtimes(), add);
}

Volumes volumes_of(const Service& s, const Pod& pod) {
  Volumes volumes;
  const Component& component = *pod.component;
  add_names(volumes, pod.view);
  if (component.role == Role::kCanary && s.predictor()) add_names(volumes, s.predictor()->view);
  if (component.is_predictor() && !component.custom()) add_names_of_runtimes(volumes, s, pod);
  std::ranges::sort(volumes.names);
  return volumes;
}

void check_mount(const spec::VolumeMountView& mount, const LazyPath& at, Report& report) {
  if (mount.name().empty()) report.add(required(at / "name", "the volume to mount"));
  const std::string_view path = mount.mount_path();
  if (path.empty()) {
    report.add(required(at / "mountPath", "where to mount the volume"));
  } else if (path.find(':') != std::string_view::npos) {
    report.add(invalid(at / "mountPath", path, "must not contain ':'"));
  }
  const std::string_view sub_path = mount.sub_path();
  if (sub_path.starts_with('/')) report.add(invalid(at / "subPath", sub_path, "must be a relative path"));
}

}  // namespace

void check_volumes(const Workloads& w, Report& report) {
  for (const Pod& pod : w.pods) {
    const auto volumes = pod.view.volumes();
    const LazyPath at = pod.at / "volumes";
    for (std::size_t i = 0; i < volumes.size(); ++i) {
      const std::string_view name = volumes[i].name();
      const LazyPath volume = at[i];
      if (name.empty()) {
        report.add(required(volume / "name", "a volume needs a name"));
      } else if (const auto problem = spec::check_dns1123_label(name)) {
        report.add(invalid(volume / "name", name, std::string(*problem)));
      }
    }
    const auto name_of = [&](std::size_t i) { return volumes[i].name(); };
    for_each_duplicate(volumes.size(), name_of, [&](std::size_t i) {
      const LazyPath volume = at[i];
      report.add(duplicate(volume / "name", name_of(i)));
    });
  }
}

void check_mounts(const Workloads& w, Report& report) {
  for (const Container& c : w.containers) {
    const auto mounts = c.view.volume_mounts();
    const LazyPath at = c.at / "volumeMounts";
    for (std::size_t i = 0; i < mounts.size(); ++i) check_mount(mounts[i], at[i], report);
    const auto path_of = [&](std::size_t i) { return mounts[i].mount_path(); };
    for_each_duplicate(mounts.size(), path_of, [&](std::size_t i) {
      const LazyPath mount = at[i];
      report.add(duplicate(mount / "mountPath", path_of(i)));
    });
  }
}

void check_mounts_have_volumes(const Service& s, Report& report) {
  const Pod* pod = nullptr;  // has these volumes
  Volumes volumes;
  for (const Container& c : s.workloads().containers) {
    const auto mounts = c.view.volume_mounts();
    if (mounts.empty()) continue;
    if (pod != c.pod) volumes = volumes_of(s, *c.pod);
    pod = c.pod;
    const LazyPath at = c.at / "volumeMounts";
    for (std::size_t i = 0; i < mounts.size(); ++i) {
      const std::string_view name = mounts[i].name();
      if (name.empty() || volumes.has(name)) continue;
      const LazyPath mount = at[i];
      report.add({spec::ErrorType::kNotFound, mount / "name", spec::quote(name),
                  fmt::format("{} has no volume of this name", (pod->at / "volumes").path().to_string())});
    }
  }
}

}  // namespace modelgate::validation
