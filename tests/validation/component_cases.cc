// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/cases.h"

namespace modelgate::validation {
namespace {

std::string predictor(const std::string& members) {
  return service({.predictor = members});
}

std::string with_logger(const std::string& logger) {
  return predictor(model() + R"(, "logger": {)" + logger + "}");
}

std::string protocol(const std::string& value) {
  return predictor(custom(R"("env": [{"name": "PROTOCOL", "value": ")" + value + R"("}])"));
}

std::string traced(const std::string& members) {
  return service({.predictor = model(), .spec = R"("tracing": {)" + members + "}"});
}

}  // namespace

std::vector<Case> component_cases() {
  return {
      {"one-implementation", "Model", predictor(model())},
      {"one-implementation", "Custom", predictor(custom())},
      {"one-implementation", "ModelWithASidecar",
       predictor(model() +
                 R"(, "containers": [{"name": "transformer-container", "image": "example.com/t:v1"}])")},
      {"one-implementation", "AnyContainerWhereNothingElseServes",
       predictor(R"("containers": [{"name": "mine", "image": "example.com/a:v1"}])")},
      {"one-implementation",
       "None",
       predictor(R"("minReplicas": 1)"),
       {"one-implementation Required spec.predictor"}},
      {"one-implementation",
       "NoPredictor",
       R"({"kind": "InferenceService", "metadata": {"name": "a"}, "spec": {}})",
       {"one-implementation Required spec.predictor"}},
      {"one-implementation",
       "NoSpec",
       R"({"kind": "InferenceService", "metadata": {"name": "a"}})",
       {"one-implementation Required spec.predictor"}},
      {"one-implementation",
       "ModelAndServingContainer",
       predictor(model() + ", " + custom()),
       {"one-implementation Forbidden spec.predictor"}},
      {"one-implementation",
       "ModelAndFramework",
       predictor(model() + R"(, "triton": {})"),
       {"one-implementation Forbidden spec.predictor"}},
      {"one-implementation",
       "EmptyTransformer",
       service({.predictor = model(), .spec = R"("transformer": {})"}),
       {"one-implementation Required spec.transformer"}},
      {"one-implementation",
       "EmptyExplainer",
       service({.predictor = model(), .spec = R"("explainer": {"minReplicas": 1})"}),
       {"one-implementation Required spec.explainer"}},
      {"one-implementation",
       "ArtAndContainers",
       service({.predictor = model(),
                .spec = R"("explainer": {"art": {"type": "SquareAttack"}, )" + custom() + "}"}),
       {"one-implementation Forbidden spec.explainer"}},

      {"framework-fields", "OnnxFile", predictor(R"("onnx": {"storageUri": "s3://models/a.b/c.onnx"})")},
      {"framework-fields", "OnnxDirectory", predictor(R"("onnx": {"storageUri": "s3://models/a.b/c"})")},
      {"framework-fields",
       "OnnxOtherFile",
       predictor(R"("onnx": {"storageUri": "s3://models/c.pt"})"),
       {"framework-fields Invalid spec.predictor.onnx.storageUri"}},
      {"framework-fields", "OtherFrameworksMayHaveAnyFile",
       predictor(R"("xgboost": {"storageUri": "s3://models/c.pt"})")},
      {"framework-fields", "VersionForGpu",
       predictor(
           R"("tensorflow": {"runtimeVersion": "2-gpu", "resources": {"limits": {"nvidia.com/mig-1g.5gb": "1"}}})")},
      {"framework-fields",
       "VersionNotForGpu",
       predictor(R"("pytorch": {"runtimeVersion": "2", "resources": {"limits": {"nvidia.com/gpu": "1"}}})"),
       {"framework-fields Invalid spec.predictor.pytorch.runtimeVersion"}},
      {"framework-fields",
       "VersionForNoGpu",
       predictor(R"("tensorflow": {"runtimeVersion": "2-gpu"})"),
       {"framework-fields Invalid spec.predictor.tensorflow.runtimeVersion"}},

      {"standard-predictor-name", "NameOfThePredictor", predictor(model() + R"(, "name": "v1")")},
      {"standard-predictor-name",
       "NameOfTheModel",
       predictor(model(R"("name": "v1")")),
       {"standard-predictor-name Forbidden spec.predictor.model.name"}},
      {"standard-predictor-name",
       "NameOfAFramework",
       predictor(R"("triton": {"name": "v1"})"),
       {"standard-predictor-name Forbidden spec.predictor.triton.name"}},

      {"custom-protocol", "V2", protocol("v2")},
      {"custom-protocol",
       "Grpc",
       protocol("grpc-v2"),
       {"custom-protocol NotSupported spec.predictor.containers[0].env[0].value"}},
      {"custom-protocol", "NotInTheFirstContainer",
       predictor(R"("containers": [{"name": "first", "image": "example.com/a:v1"},
                    {"name": "kserve-container", "image": "example.com/b:v1",
                     "env": [{"name": "PROTOCOL", "value": "v9"}]}])")},
      {"custom-protocol", "BesideAModelIsAccepted",
       predictor(model(R"("env": [{"name": "PROTOCOL", "value": "v9"}])"))},

      {"protocol-version", "Known", predictor(model(R"("protocolVersion": "v2")"))},
      {"protocol-version",
       "Unknown",
       predictor(model(R"("protocolVersion": "V2")")),
       {"protocol-version NotSupported spec.predictor.model.protocolVersion"}},
      {"protocol-version", "OfModelMesh",
       service({.predictor = model(R"("protocolVersion": "grpc-x")"),
                .annotations = R"("serving.kserve.io/deploymentMode": "ModelMesh")"})},

      {"logger", "All", with_logger(R"("mode": "all", "url": "http://sink")")},
      {"logger",
       "Unknown",
       with_logger(R"("mode": "al")"),
       {"logger NotSupported spec.predictor.logger.mode"}},
      {"logger",
       "NoMode",
       with_logger(R"("url": "http://sink")"),
       {"logger NotSupported spec.predictor.logger.mode"}},
      {"logger", "Storage",
       with_logger(R"("mode": "all", "storage": {"path": "/logs", "key": "k", "parameters": {}})")},
      {"logger",
       "HalfAStorage",
       with_logger(R"("mode": "all", "storage": {"path": "/logs"})"),
       {"logger Required spec.predictor.logger.storage.key",
        "logger Required spec.predictor.logger.storage.parameters"}},

      {"positive-numbers",
       "Zero",
       predictor(model() + R"(, "timeout": 0, "batcher": {"maxBatchSize": 0})"),
       {},
       {"spec.predictor.timeout"}},
      {"positive-numbers",
       "BelowZero",
       predictor(model() + R"(, "timeout": -1, "batcher": {"maxLatency": -1})"),
       {"positive-numbers Invalid spec.predictor.timeout",
        "positive-numbers Invalid spec.predictor.batcher.maxLatency"}},

      {"tracing", "Defaults", traced("")},
      {"tracing", "Https", traced(R"("exporterEndpoint": "https://otel.example.com/v1/traces")")},
      {"tracing", "SamplerOfAVendor", traced(R"("sampler": "xray", "samplerArg": "endpoint=http://x")")},
      {"tracing",
       "EverythingIsWrong",
       traced(R"("exporterEndpoint": "otel-collector:4317", "sampler": "parentbased_traceidratoi")"),
       {"tracing Invalid spec.tracing.exporterEndpoint", "tracing NotSupported spec.tracing.sampler"}},
      {"tracing",
       "EmptyTexts",
       traced(R"("exporterEndpoint": "", "sampler": "")"),
       {"tracing Invalid spec.tracing.exporterEndpoint", "tracing NotSupported spec.tracing.sampler"}},
      {"tracing",
       "SamplersInCapitals",
       traced(R"("sampler": "ALWAYS_ON")"),
       {"tracing NotSupported spec.tracing.sampler"}},
      {"tracing-values", "LargestPort", traced(R"("exporterEndpoint": "http://otel:65535")")},
      {"tracing-values",
       "PortTooLarge",
       traced(R"("exporterEndpoint": "http://otel:65536")"),
       {"tracing-values Invalid spec.tracing.exporterEndpoint"}},
      {"tracing-values",
       "NoPortAfterTheColon",
       traced(R"("exporterEndpoint": "http://otel:")"),
       {"tracing-values Invalid spec.tracing.exporterEndpoint"}},
      {"tracing-values", "One", traced(R"("samplerArg": "1")")},
      {"tracing-values", "Zero", traced(R"("sampler": "traceidratio", "samplerArg": "0.0")")},
      {"tracing-values", "OfASamplerWithoutRatio", traced(R"("sampler": "always_on", "samplerArg": "x")")},
      {"tracing-values",
       "AboveOne",
       traced(R"("samplerArg": "1.01")"),
       {"tracing-values Invalid spec.tracing.samplerArg"}},
      {"tracing-values",
       "BelowZero",
       traced(R"("samplerArg": "-0.01")"),
       {"tracing-values Invalid spec.tracing.samplerArg"}},
      {"tracing-values",
       "Percent",
       traced(R"("samplerArg": "5%")"),
       {"tracing-values Invalid spec.tracing.samplerArg"}},
      {"tracing-values",
       "NotANumber",
       traced(R"("samplerArg": "nan")"),
       {"tracing-values Invalid spec.tracing.samplerArg"}},
      {"tracing-values",
       "Empty",
       traced(R"("samplerArg": "")"),
       {"tracing-values Invalid spec.tracing.samplerArg"}},
  };
}

}  // namespace modelgate::validation
