// SPDX-License-Identifier: Apache-2.0
//
// Which resources count as GPUs where several nodes serve one model: KServe's list, the configuration's, and
// the annotation serving.kserve.io/gpu-resource-types, a JSON array of names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/catalog.h"
#include "spec/inference_service.h"
#include "validation/lazy_path.h"
#include "validation/report.h"

namespace modelgate::validation {

/// Reads the annotation's value. Nothing where it is no array of one or more names.
std::optional<std::vector<std::string>> parse_gpu_resource_types(std::string_view annotation);

/// What the annotation has to be.
inline constexpr std::string_view kGpuResourceTypesForm =
    R"(must be a JSON array of resource names, such as ["example.com/gpu"])";

/// Reports each resource that KServe takes for a GPU it does not know: any but cpu, memory, storage and
/// ephemeral-storage that no list has. `annotation_types` are those of the annotation.
void check_gpu_resources(const spec::ResourceRequirementsView& resources, const LazyPath& resources_at,
                         const spec::Configuration& configuration,
                         const std::vector<std::string>& annotation_types, Report& report);

}  // namespace modelgate::validation
