// SPDX-License-Identifier: Apache-2.0
//
// Treats a Deployment's template as a Pod that is created, so that Pod injection (pod.h) also works for
// templates. Called by storage_uris.cc, and by build_wanted.cc for `podInjection: Render`.
#pragma once

#include <functional>
#include <string_view>

#include "workload/children/component.h"
#include "workload/children/service_build.h"
#include "workload/pods/pod.h"

namespace modelgate::workload {

using PodWork = std::function<PodOutcome(spec::Edit&, const PodContext&)>;

/// Runs `work` on a Pod with the given labels, annotations and spec, and updates annotations and spec. Its
/// needs are added to `wanted.needs`; its warnings and its first error are reported as problems of the
/// component at `path`. False after an error.
bool work_on_template(ServiceBuild& build, const Component& component, const spec::FieldPath& path,
                      const StringMap& labels, StringMap& annotations, spec::Value& pod_spec,
                      const PodWork& work);

/// Adds to the component's templates what admission would inject into its Pods, if the configuration says so.
/// False after an error.
bool render_injection(ServiceBuild& build, Component& component);

}  // namespace modelgate::workload
