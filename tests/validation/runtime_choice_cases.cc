// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/cases.h"

namespace modelgate::validation {
namespace {

/// A model of a format, with more members.
std::string of_format(const std::string& format, const std::string& more = "", const std::string& beside = "",
                      const std::string& annotations = Parts{}.annotations) {
  return service({.predictor = R"("model": {"modelFormat": {)" + format +
                               R"(}, "storageUri": "s3://models/iris")" + (more.empty() ? "" : ", " + more) +
                               "}" + (beside.empty() ? "" : ", " + beside),
                  .annotations = annotations});
}

std::string served_by(const std::string& runtime, const std::string& format = R"("name": "sklearn")",
                      const std::string& more = "") {
  return of_format(format, R"("runtime": ")" + runtime + R"(")" + (more.empty() ? "" : ", " + more));
}

}  // namespace

std::vector<Case> runtime_choice_cases() {
  const std::string format = "spec.predictor.model.modelFormat.name";
  const std::string runtime = "spec.predictor.model.runtime";
  const std::string model_mesh = R"("serving.kserve.io/deploymentMode": "ModelMesh")";
  return {
      {"model-format", "Known", of_format(R"("name": "onnx")", R"("protocolVersion": "v2")")},
      {"model-format", "NoneSpeaksTheProtocol", of_format(R"("name": "onnx")"), {}, {format}},
      {"model-format",
       "NoneServesTheVersion",
       of_format(R"("name": "sklearn", "version": "0")"),
       {},
       {format}},
      {"model-format", "NoneIsSelectedAutomatically", of_format(R"("name": "huggingface")"), {}, {format}},
      {"model-format", "OfTheNamespace",
       of_format(R"("name": "prophet", "version": "1")", R"("protocolVersion": "v2")")},
      {"model-format",
       "Misspelled",
       of_format(R"("name": "sklaern")"),
       {"model-format NotSupported " + format}},
      {"model-format",
       "OtherCase",
       of_format(R"("name": "SKLearn")"),
       {"model-format NotSupported " + format}},
      {"model-format", "NothingLikeItMayBeCreated", of_format(R"("name": "catboost")"), {}, {format}},
      {"model-format", "Missing", of_format(""), {"model-format Required " + format}},
      {"model-format", "OfModelMesh", of_format(R"("name": "sklaern")", "", "", model_mesh)},

      {"named-runtime", "Serves", served_by("kserve-sklearnserver")},
      {"named-runtime", "ServesTheVersion",
       served_by("kserve-sklearnserver", R"("name": "sklearn", "version": "1")")},
      {"named-runtime", "OfTheNamespace",
       served_by("prophet", R"("name": "prophet")", R"("protocolVersion": "v2")")},
      {"named-runtime",
       "OtherVersion",
       served_by("kserve-sklearnserver", R"("name": "sklearn", "version": "0")"),
       {"named-runtime Invalid " + runtime}},
      {"named-runtime",
       "OtherFormat",
       served_by("kserve-tritonserver"),
       {"named-runtime Invalid " + runtime}},
      {"named-runtime",
       "OtherProtocol",
       served_by("kserve-sklearnserver", R"("name": "sklearn")", R"("protocolVersion": "grpc-v2")"),
       {"named-runtime Invalid " + runtime}},
      {"named-runtime",
       "Disabled",
       served_by("kserve-pmmlserver", R"("name": "pmml")"),
       {"named-runtime Invalid " + runtime}},
      {"named-runtime",
       "NoWorkers",
       of_format(R"("name": "sklearn")", R"("runtime": "kserve-sklearnserver")", R"("workerSpec": {})",
                 kNoAutoscaler),
       {"multi-node NotSupported spec.predictor.model.storageUri", "named-runtime Invalid " + runtime}},
      {"named-runtime", "WorkersNotRequested", served_by("kserve-multinode", R"("name": "huggingface")")},
      {"named-runtime",
       "MisspelledFormat",
       served_by("kserve-sklearnserver", R"("name": "sklaern")"),
       {"named-runtime NotSupported " + format}},
      {"named-runtime", "Missing", served_by("kserve-sklernserver"), {}, {runtime}},
      {"named-runtime",
       "MissingWithAnUnknownFormat",
       served_by("mine", R"("name": "sklaern")"),
       {},
       {runtime}},
      {"named-runtime", "Empty", served_by(""), {"named-runtime Invalid " + runtime}},
      {"named-runtime", "OfModelMesh",
       of_format(R"("name": "x")", R"("runtime": "kserve-pmmlserver")", "", model_mesh)},
      {"named-runtime",
       "OfACanary",
       service({.predictor = model(),
                .spec = R"("canary": [{"predictor": {"name": "next", )" +
                        model(R"("runtime": "kserve-tritonserver")") + "}}]"}),
       {"named-runtime Invalid spec.canary[0].predictor.model.runtime"}},
  };
}

}  // namespace modelgate::validation
