// SPDX-License-Identifier: Apache-2.0
#include "validation/built_pod.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "spec/inference_service.h"
#include "spec/names.h"
#include "validation/containers.h"
#include "validation/pod_fields.h"
#include "validation/reading.h"
#include "validation/report.h"
#include "validation/resources.h"

namespace modelgate::validation {
namespace {

using Words = std::string_view;

constexpr Words kAppArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";

/// The rules that a merge can break, with check_limits(). The others are about one element of a list or one entry of a map, which
/// the service or the runtime wrote as a whole and where it was checked.
constexpr auto kChecks = std::to_array<void (*)(const Workloads&, Report&)>({
    check_container_images,
    check_ports,
    check_pod_fields,
});

/// The container whose ports the Service has: a transformer beside the model server, else the first.
const Container* entrance(const Workloads& w) {
  const Container* first = nullptr;
  for (const Container& c : w.containers) {
    if (c.place != Container::Place::kListed) continue;
    if (c.view.name() == spec::kTransformerContainerName) return &c;
    if (!first) first = &c;
  }
  return first;
}

/// A Service with several ports needs a name for each.
void check_service_ports(const Workloads& w, Report& report) {
  const Container* c = entrance(w);
  if (!c || c->view.ports().size() < 2) return;
  const auto ports = c->view.ports();
  const LazyPath list = c->at / "ports";
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const LazyPath port = list[i];
    if (ports[i].name().empty())
      report.add(required(port / "name",
                          "the Service has the ports of this container, and a Service with several "
                          "ports needs a name for each"));
  }
}

void check_annotations_of_containers(const Workloads& w, const spec::StringMapView& annotations,
                                     const LazyPath& at, Report& report) {
  std::set<Words> names;
  annotations.for_each([&](Words key, Words) {
    if (!key.starts_with(kAppArmorPrefix)) return;
    if (names.empty()) {
      for (const Container& c : w.containers) names.insert(c.view.name());
    }
    const Words name = key.substr(kAppArmorPrefix.size());
    if (!names.contains(name))
      report.add(spec::not_found(at.key(key), name, "the Pod has no such container"));
  });
}

/// The service's, the component's and the runtime's together.
void check_size(const spec::StringMapView& annotations, const LazyPath& at, Report& report) {
  if (!annotations) return;
  const std::size_t bytes = spec::map_bytes(*annotations.value());
  if (bytes <= spec::kMaxAnnotationsBytes) return;
  report.add({spec::ErrorType::kTooLong,
              at,
              {},
              fmt::format("the Pods would have annotations of {} bytes, and {} are allowed", bytes,
                          spec::kMaxAnnotationsBytes)});
}

}  // namespace

spec::FieldErrors check_built_pod(const BuiltPod& built) {
  Workloads workloads;
  const LazyPath root("spec");
  if (!built.pod) return {};
  add_pod(workloads, built.pod, root);
  add_all_containers(workloads);
  Findings findings;
  Report report(findings);
  report.begin({.name = "built-pod"});
  if (built.merged) {
    for (const auto check : kChecks) check(workloads, report);
    if (!built.limits_checked) check_limits(workloads, report);
  }
  if (built.serves) check_service_ports(workloads, report);
  const LazyPath annotations("annotations");
  check_size(built.annotations, annotations, report);
  check_annotations_of_containers(workloads, built.annotations, annotations, report);
  return std::move(findings.errors);
}

}  // namespace modelgate::validation
