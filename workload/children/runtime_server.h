// SPDX-License-Identifier: Apache-2.0
//
// Server types: what KServe knows about the servers of its runtimes. An annotation of the runtime sets the
// type; KServe's own runtimes are known by name. Called by predictor.cc.
#pragma once

#include <optional>
#include <string_view>

#include "spec/catalog.h"
#include "spec/inference_service.h"
#include "workload/objects/string_map.h"

namespace modelgate::workload {

inline constexpr std::string_view kMlServer = "mlserver";
inline constexpr std::string_view kVllm = "vllmserver";

/// "mlserver", "tritonserver", ...; empty if it is not known.
std::string_view server_type_of(const spec::Runtime& runtime);

/// Adds what the server needs and its runtime does not set: MLServer's variables and model class,
/// TorchServe's protocol and envelope, Triton's model control. `container` is the service's, before it is
/// merged with the runtime's; `labels` are the service's.
void apply_server_defaults(std::string_view server_type, const spec::ModelSpecView& model,
                           std::string_view service, spec::Value& container, StringMap& labels,
                           spec::Arena& arena);

/// The image with the tag of `runtimeVersion`, else with the tag of the server's build with or without
/// accelerators. An image with a digest is unchanged.
std::string image_for(std::string_view image, std::optional<std::string_view> runtime_version,
                      std::string_view server_type, const spec::ResourceRequirementsView& resources);

}  // namespace modelgate::workload
