// SPDX-License-Identifier: Apache-2.0
#include "workload/children/runtime_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "workload/children/pod_parts.h"
#include "workload/objects/annotations.h"
#include "workload/objects/env.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kServerTypeAnnotation = "serving.kserve.io/server-type";

constexpr std::string_view kTriton = "tritonserver";
constexpr std::string_view kTorchServe = "torchserve";
constexpr std::string_view kTensorflow = "tensorflow-serving";
constexpr std::string_view kHuggingFace = "huggingfaceserver";

using Row = std::pair<std::string_view, std::string_view>;

/// KServe's runtimes that are older than the annotation.
constexpr std::array<Row, 6> kByRuntimeName = {{{"kserve-mlserver", kMlServer},
                                                {"kserve-torchserve", kTorchServe},
                                                {"kserve-tritonserver", kTriton},
                                                {"kserve-tensorflow-serving", kTensorflow},
                                                {"kserve-huggingfaceserver", kHuggingFace},
                                                {"kserve-vllmserver", kVllm}}};

/// MLServer's classes by model format; any other format is served like scikit-learn.
constexpr std::array<Row, 3> kModelClasses = {{{"xgboost", "mlserver_xgboost.XGBoostModel"},
                                               {"lightgbm", "mlserver_lightgbm.LightGBMModel"},
                                               {"mlflow", "mlserver_mlflow.MLflowRuntime"}}};
constexpr std::string_view kDefaultModelClass = "mlserver_sklearn.SKLearnModel";

std::string_view look_up(std::span<const Row> rows, std::string_view key, std::string_view otherwise) {
  const auto it = std::ranges::find(rows, key, &Row::first);
  return it == rows.end() ? otherwise : it->second;
}

bool has_storage(const spec::ModelSpecView& model) {
  return model.storage_uri().has_value() || model.storage();
}

bool requests_gpu(const spec::ResourceRequirementsView& resources) {
  return resources.limits().has("nvidia.com/gpu") || [&] {
    if (const spec::Value* limits = resources.limits().value()) {
      return std::any_of(limits->MemberBegin(), limits->MemberEnd(),
                         [](const auto& m) { return spec::text_of(m.name).starts_with("nvidia.com/mig"); });
    }
    return false;
  }();
}

/// The position of the tag, with its colon; the length of the image if it has none.
std::size_t tag_of(std::string_view image) {
  const std::size_t colon = image.rfind(':');
  if (colon == std::string_view::npos || image.find('/', colon) != std::string_view::npos)
    return image.size();
  return colon;
}

}  // namespace

std::string_view server_type_of(const spec::Runtime& runtime) {
  if (const auto type = runtime.view.metadata().annotations().get(kServerTypeAnnotation)) return *type;
  return look_up(kByRuntimeName, runtime.name, {});
}

void apply_server_defaults(std::string_view server_type, const spec::ModelSpecView& model,
                           std::string_view service, spec::Value& container, StringMap& labels,
                           spec::Arena& arena) {
  const auto retain = [&](std::string_view name, std::string_view value) {
    add_env(container, {std::string(name), std::string(value)}, SameName::kRetain, arena);
  };
  if (server_type == kMlServer) {
    if (has_storage(model)) {
      retain("MLSERVER_MODEL_NAME", service);
      retain("MLSERVER_MODEL_URI", kModelPath);
    } else {
      retain("MLSERVER_LOAD_MODELS_AT_STARTUP", "false");
    }
    labels["modelClass"] = look_up(kModelClasses, model.model_format().name(), kDefaultModelClass);
  } else if (server_type == kTorchServe) {
    const std::string_view protocol = model.protocol_version().value_or("v1");
    labels["serviceEnvelope"] = protocol == "v2" || protocol == "grpc-v2" ? "kservev2" : "kserve";
    add_env(container, {"PROTOCOL_VERSION", std::string(protocol)}, SameName::kReplace, arena);
  } else if (server_type == kTriton && !has_storage(model)) {
    add_arg(container, "--model-control-mode=explicit", arena);
  }
}

std::string image_for(std::string_view image, std::optional<std::string_view> runtime_version,
                      std::string_view server_type, const spec::ResourceRequirementsView& resources) {
  if (image.contains("@sha256:")) return std::string(image);
  const std::string_view repository = image.substr(0, tag_of(image));
  const std::string_view tag = image.substr(repository.size());
  if (runtime_version) return fmt::format("{}:{}", repository, *runtime_version);
  if (tag.empty()) return std::string(image);
  if (requests_gpu(resources)) {
    const bool has_gpu_build =
        server_type == kTensorflow || server_type == kTorchServe || server_type == kHuggingFace;
    return has_gpu_build && !image.ends_with("-gpu") ? fmt::format("{}-gpu", image) : std::string(image);
  }
  return server_type == kVllm && !repository.ends_with("-cpu") ? fmt::format("{}-cpu{}", repository, tag)
                                                               : std::string(image);
}

}  // namespace modelgate::workload
