// SPDX-License-Identifier: Apache-2.0
//
// Which resources count as GPUs if several nodes serve one model: KServe's list, the configuration's, and the
// annotation serving.kserve.io/gpu-resource-types, a JSON array of names.
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

/// Parses the annotation. nullopt if it is not an array of one or more names.
std::optional<std::vector<std::string>> parse_gpu_resource_types(std::string_view annotation);

/// For the error.
inline constexpr std::string_view kGpuResourceTypesForm =
    R"(must be a JSON array of resource names, such as ["example.com/gpu"])";

/// Reports each resource that KServe counts as an unknown GPU: any that is in no list, except cpu, memory,
/// storage and ephemeral-storage. `annotation_types`: from the annotation.
void check_gpu_resources(const spec::ResourceRequirementsView& resources, const LazyPath& resources_at,
                         const spec::Configuration& configuration,
                         const std::vector<std::string>& annotation_types, Report& report);

}  // namespace modelgate::validation
