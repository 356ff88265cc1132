// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/pre_stop.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

constexpr std::int64_t kDefaultGracePeriod = 30;  // seconds, Kubernetes' default

/// Half of the grace period remains for requests that the server has accepted.
std::int64_t seconds_of(const PodPass& pass) {
  const std::int64_t grace =
      pass.spec().integer("terminationGracePeriodSeconds").value_or(kDefaultGracePeriod);
  return std::min(pass.configuration.modelgate.pre_stop(), grace / 2);
}

}  // namespace

void delay_stop(PodPass& pass) {
  const std::int64_t seconds = seconds_of(pass);
  if (seconds <= 0 || pass.label(label::kKnativeRevision)) return;
  const std::size_t count = pass.spec().containers().size();
  for (std::size_t i = 0; i < count; ++i) {
    const spec::FieldPath hook = (PodPass::spec_path() / "containers")[i] / "lifecycle" / "preStop";
    if (pass.edit.find(hook)) continue;
    pass.edit.set(hook, ObjectBuilder(pass.arena())
                            .value("sleep", ObjectBuilder(pass.arena()).number("seconds", seconds).take())
                            .take());
  }
}

}  // namespace modelgate::workload
