// SPDX-License-Identifier: Apache-2.0
//
// A Deployment's template worked on as if it were a Pod that is created: what is put into Pods (pod.h) can so
// be put into templates. Who calls: storage_uris.cc, and build_wanted.cc for `podInjection: Render`.
#pragma once

#include <functional>
#include <string_view>

#include "workload/children/component.h"
#include "workload/children/service_build.h"
#include "workload/pods/pod.h"

namespace modelgate::workload {

using PodWork = std::function<PodOutcome(spec::Edit&, const PodContext&)>;

/// Does `work` on a Pod of the labels, annotations and spec that are given, and takes spec and annotations
/// back. What it needs to know is added to `wanted.needs`, its warnings and its first error are told as
/// problems of the component at `path`. False where there was an error.
bool work_on_template(ServiceBuild& build, const Component& component, const spec::FieldPath& path,
                      const StringMap& labels, StringMap& annotations, spec::Value& pod_spec,
                      const PodWork& work);

/// All that admission would put into the component's Pods, where the configuration says that templates hold
/// it.
bool render_injection(ServiceBuild& build, Component& component);

}  // namespace modelgate::workload
