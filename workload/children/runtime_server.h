// SPDX-License-Identifier: Apache-2.0
//
// Server types: what KServe knows of the servers behind its runtimes. A runtime says its type by annotation;
// KServe's own are known by name. Who calls: predictor.cc.
#pragma once

#include <optional>
#include <string_view>

#include "spec/catalog.h"
#include "spec/inference_service.h"
#include "workload/objects/string_map.h"

namespace modelgate::workload {

/// "mlserver", "tritonserver", ...; empty where nobody said.
std::string_view server_type_of(const spec::Runtime& runtime);

/// What the server needs beside what its runtime says: MLServer's variables and model class, TorchServe's
/// protocol and envelope, Triton's model control. `container` is the service's, before it is merged with the
/// runtime's; `labels` are the service's.
void apply_server_defaults(std::string_view server_type, const spec::ModelSpecView& model,
                           std::string_view service, spec::Value& container, StringMap& labels,
                           spec::Arena& arena);

/// The image, with the tag that `runtimeVersion` asks for, else with that of the server's build for (or
/// without) accelerators. An image by digest stays as it is.
std::string image_for(std::string_view image, std::optional<std::string_view> runtime_version,
                      std::string_view server_type, const spec::ResourceRequirementsView& resources);

}  // namespace modelgate::workload
