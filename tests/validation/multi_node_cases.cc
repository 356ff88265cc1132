// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/cases.h"

namespace modelgate::validation {
namespace {

/// A model on a claim, served by several nodes.
std::string spread(const std::string& worker, const std::string& more = "",
                   const std::string& annotations = kNoAutoscaler,
                   const std::string& uri = R"(, "storageUri": "pvc://claim/model")") {
  return service(
      {.predictor = R"("model": {"modelFormat": {"name": "huggingface"}, "runtime": "kserve-multinode")" +
                    uri + (more.empty() ? "" : ", " + more) + R"(}, "workerSpec": {)" + worker + "}",
       .annotations = annotations});
}

std::string worker_gpu(const std::string& resource) {
  return R"("containers": [{"name": "worker-container", "resources": {"limits": {")" + resource +
         R"(": "1"}}}])";
}

std::string with_types(const std::string& types) {
  return std::string(kNoAutoscaler) + R"(, "serving.kserve.io/gpu-resource-types": ")" + types + R"(")";
}

}  // namespace

std::vector<Case> multi_node_cases() {
  const std::string worker = "spec.predictor.workerSpec";
  const std::string types_path = "metadata.annotations[serving.kserve.io/gpu-resource-types]";
  const std::string class_path = "metadata.annotations[serving.kserve.io/autoscalerClass]";
  const std::string configured = R"([{"kind": "ConfigMap", "data": {
      "multiNode": "{\"customGPUResourceTypeList\": [\"example.com/gpu\"]}"}}])";
  return {
      {"multi-node", "Claim", spread("")},
      {"multi-node", "Oci", spread("", "", kNoAutoscaler, R"(, "storageUri": "oci://example.com/m:v1")")},
      {"multi-node",
       "Bucket",
       spread("", "", kNoAutoscaler, R"(, "storageUri": "s3://models/m")"),
       {"multi-node NotSupported spec.predictor.model.storageUri"}},
      {"multi-node",
       "NoStorageUri",
       spread("", "", kNoAutoscaler, ""),
       {"multi-node Required spec.predictor.model.storageUri"}},
      {"multi-node", "Autoscaler", spread("", "", kHpa), {"multi-node NotSupported " + class_path}},
      {"multi-node",
       "NoAutoscalerClass",
       spread("", "", Parts{}.annotations),
       {"multi-node NotSupported " + class_path}},
      {"multi-node",
       "TwoContainers",
       spread(R"("containers": [{"name": "worker-container"}, {"name": "other"}])"),
       {"multi-node TooMany " + worker + ".containers"}},
      {"multi-node", "SizesOfOne", spread(R"("pipelineParallelSize": 1, "tensorParallelSize": 1)")},
      {"multi-node",
       "SizesOfZero",
       spread(R"("pipelineParallelSize": 0, "tensorParallelSize": 0)"),
       {"multi-node Invalid " + worker + ".pipelineParallelSize",
        "multi-node Invalid " + worker + ".tensorParallelSize"}},
      {"multi-node",
       "SizesAsVariables",
       spread(
           "",
           R"("env": [{"name": "PIPELINE_PARALLEL_SIZE", "value": "2"}, {"name": "TENSOR_PARALLEL_SIZE", "value": "1"}])"),
       {"multi-node Forbidden spec.predictor.model.env[0].name",
        "multi-node Forbidden spec.predictor.model.env[1].name"}},
      {"multi-node", "KnownGpu", spread(worker_gpu("nvidia.com/gpu"))},
      {"multi-node",
       "UnknownGpu",
       spread(worker_gpu("example.com/gpu")),
       {"multi-node NotSupported " + worker + ".containers[0].resources.limits[example.com/gpu]"}},
      {"multi-node", "GpuOfTheAnnotation",
       spread(worker_gpu("example.com/gpu"), "", with_types(R"([\"example.com/gpu\"])"))},
      {"multi-node", "GpuOfTheConfiguration", spread(worker_gpu("example.com/gpu")), {}, {}, {}, configured},
      {"multi-node",
       "UnknownGpuOfTheModel",
       spread("", R"("resources": {"limits": {"example.com/gpu": "1"}})"),
       {"multi-node NotSupported spec.predictor.model.resources.limits[example.com/gpu]"}},
      {"multi-node",
       "MalformedTypes",
       spread("", "", with_types("nvidia.com/gpu")),
       {"multi-node Invalid " + types_path}},
      {"multi-node", "CustomPredictorsWorkersAreNotChecked",
       service({.predictor = custom() + R"(, "workerSpec": {"pipelineParallelSize": 2})"})},

      {"gpu-resource-types", "List",
       service({.predictor = model(),
                .annotations = with_types(R"([\"example.com/gpu\", \"example.com/npu\"])")})},
      {"gpu-resource-types",
       "NoJson",
       service({.predictor = model(), .annotations = with_types("example.com/gpu")}),
       {"gpu-resource-types Invalid " + types_path}},
      {"gpu-resource-types",
       "EmptyList",
       service({.predictor = model(), .annotations = with_types("[]")}),
       {"gpu-resource-types Invalid " + types_path}},
      {"gpu-resource-types",
       "Number",
       service({.predictor = model(), .annotations = with_types("[1]")}),
       {"gpu-resource-types Invalid " + types_path}},
  };
}

}  // namespace modelgate::validation
