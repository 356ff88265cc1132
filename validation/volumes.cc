// SPDX-License-Identifier: Apache-2.0
//
// Volumes and their mounts. That a mount has a volume is asked of services only: a runtime's may come from
// the service.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/names.h"
#include "spec/runtime_support.h"
#include "validation/service_rules.h"
#include "validation/workload_rules.h"

namespace modelgate::validation {
namespace {

/// Volumes that are put into a Pod with a model, behind everybody's back.
constexpr std::array<std::string_view, 2> kInjected = {"kserve-provision-location", "kserve-pvc-source"};

bool has_volume(const spec::PodSpecView& pod, std::string_view name) {
  const auto volumes = pod.volumes();
  return std::ranges::any_of(volumes, [&](const spec::VolumeView& v) { return v.name() == name; });
}

bool has_volume(const spec::Runtime& runtime, bool worker, std::string_view name) {
  const spec::ServingRuntimeSpecView spec = runtime.view.spec();
  return worker ? has_volume(spec.worker_spec(), name) : has_volume(spec, name);
}

/// Whether a runtime gives the volume, as far as that can be told: the one that is named; where none is, any
/// that could be chosen.
enum class Given { kYes, kNo, kUnknown };

Given given_by_runtime(const Service& s, const Pod& pod, std::string_view volume) {
  const spec::PredictorView predictor(pod.component->view.value());
  const spec::ModelSpecView model = predictor.model();
  // A canary has the stable predictor's runtime where it names none.
  const spec::ModelSpecView stable = s.predictor() ? s.predictor()->model() : spec::ModelSpecView{};
  const auto name = model.runtime() ? model.runtime() : stable.runtime();
  if (name) {
    const spec::Runtime* runtime = s.catalog().find_runtime(s.namespace_(), *name);
    if (!runtime) return Given::kUnknown;
    return has_volume(*runtime, pod.worker, volume) ? Given::kYes : Given::kNo;
  }
  const spec::ModelRequirement wanted = spec::requirement_of(predictor);
  const auto gives = [&](const spec::Runtime& r) {
    return has_volume(r, pod.worker, volume) && !spec::mismatch(r, wanted, spec::Choice::kAutomatic);
  };
  const bool any = std::ranges::any_of(s.catalog().namespace_runtimes(s.namespace_()), gives) ||
                   std::ranges::any_of(s.catalog().cluster_runtimes(), gives);
  return any ? Given::kYes : Given::kNo;
}

bool volume_is_missing(const Service& s, const Container& c, std::string_view name) {
  if (has_volume(c.pod->view, name) || std::ranges::find(kInjected, name) != kInjected.end()) return false;
  const Component& component = *c.pod->component;
  if (component.role == Role::kCanary && s.predictor() && has_volume(s.predictor()->view, name)) return false;
  if (!component.is_predictor() || component.custom()) return true;
  return given_by_runtime(s, *c.pod, name) == Given::kNo;
}

void check_mount(const spec::VolumeMountView& mount, const At& at, Report& report) {
  if (mount.name().empty()) report.required(at / "name", "the volume to mount");
  const std::string_view path = mount.mount_path();
  if (path.empty()) {
    report.required(at / "mountPath", "where to mount the volume");
  } else if (path.find(':') != std::string_view::npos) {
    report.invalid(at / "mountPath", path, "must not contain ':'");
  }
  const std::string_view sub_path = mount.sub_path();
  if (sub_path.starts_with('/')) report.invalid(at / "subPath", sub_path, "must be a relative path");
}

template <typename View, typename Key>
bool told_before(const spec::ListView<View>& list, std::size_t i, Key&& key) {
  const std::string_view k = key(list[i]);
  for (std::size_t j = 0; j < i && !k.empty(); ++j) {
    if (key(list[j]) == k) return true;
  }
  return false;
}

}  // namespace

void check_volumes(const Workloads& w, Report& report) {
  const auto name_of = [](const spec::VolumeView& v) { return v.name(); };
  for (const Pod& pod : w.pods) {
    const auto volumes = pod.view.volumes();
    const At at = pod.at / "volumes";
    for (std::size_t i = 0; i < volumes.size(); ++i) {
      const std::string_view name = volumes[i].name();
      const At volume = at[i];
      if (name.empty()) {
        report.required(volume / "name", "a volume needs a name");
      } else if (const auto problem = spec::check_dns1123_label(name)) {
        report.invalid(volume / "name", name, std::string(*problem));
      } else if (told_before(volumes, i, name_of)) {
        report.duplicate(volume / "name", name);
      }
    }
  }
}

void check_mounts(const Workloads& w, Report& report) {
  const auto path_of = [](const spec::VolumeMountView& m) { return m.mount_path(); };
  for (const Container& c : w.containers) {
    const auto mounts = c.view.volume_mounts();
    const At at = c.at / "volumeMounts";
    for (std::size_t i = 0; i < mounts.size(); ++i) {
      const At mount = at[i];
      check_mount(mounts[i], mount, report);
      if (told_before(mounts, i, path_of)) report.duplicate(mount / "mountPath", mounts[i].mount_path());
    }
  }
}

void check_mounts_have_volumes(const Service& s, Report& report) {
  for (const Container& c : s.workloads().containers) {
    const auto mounts = c.view.volume_mounts();
    const At at = c.at / "volumeMounts";
    for (std::size_t i = 0; i < mounts.size(); ++i) {
      const std::string_view name = mounts[i].name();
      if (name.empty() || !volume_is_missing(s, c, name)) continue;
      const At mount = at[i];
      report.add(spec::ErrorType::kNotFound, mount / "name", spec::quoted(name),
                 fmt::format("{} has no volume of this name", (c.pod->at / "volumes").path().to_string()));
    }
  }
}

}  // namespace modelgate::validation
