// SPDX-License-Identifier: Apache-2.0
//
// `storageUris`: several models, each at its own path. KServe puts them into the Deployment's template, unlike
// the single `storageUri`, which admission adds to the Pod. Called by the components' builders.
#pragma once

#include "spec/inference_service.h"
#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Adds volumes and the storage initializer to the component's PodSpecs. False after a fatal problem was
/// reported.
bool add_storage_uris(ServiceBuild& build, const spec::ComponentView& view, Component& component);

}  // namespace modelgate::workload
