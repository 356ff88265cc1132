// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/cases.h"

namespace modelgate::validation {
namespace {

std::string canary(const std::string& name, const std::string& percent, const std::string& more = "") {
  return R"({"predictor": {"name": ")" + name + R"(", )" + model() + (more.empty() ? "" : ", " + more) +
         R"(}, "trafficPercent": )" + percent + "}";
}

std::string beside(const std::string& canaries, const std::string& stable = model(),
                   const std::string& annotations = Parts{}.annotations) {
  return service(
      {.predictor = stable, .spec = R"("canary": [)" + canaries + "]", .annotations = annotations});
}

}  // namespace

std::vector<Case> canary_cases() {
  const std::string first = "spec.canary[0]";
  return {
      {"canary-form", "List", beside(canary("next", "10"))},
      {"canary-form", "EmptyList",
       service({.predictor = model(), .spec = R"("canary": [])", .annotations = kKnative})},
      {"canary-form",
       "Object",
       service({.predictor = model(),
                .spec = R"("canary": {"predictor": {)" + model() + "}}",
                .annotations = kKnative}),
       {"canary-form TypeInvalid spec.canary"}},
      {"canary-form",
       "Knative",
       beside(canary("next", "10"), model(), kKnative),
       {"canary-form Forbidden spec.canary"}},
      {"canary-form",
       "CustomWithoutAModel",
       beside(canary("next", "10"), custom()),
       {"canary-form Required spec.predictor.model"}},
      {"canary-form", "CustomWithAModel",
       beside(canary("next", "10"),
              custom(R"("env": [{"name": "STORAGE_URI", "value": "s3://models/iris"}])"))},

      {"canaries", "Hundred", beside(canary("a", "40") + ", " + canary("b", "60"))},
      {"canaries",
       "HundredAndOne",
       beside(canary("a", "41") + ", " + canary("b", "60")),
       {"canaries Invalid spec.canary"}},
      {"canaries", "Zero", beside(canary("a", "0"))},
      {"canaries", "BelowZero", beside(canary("a", "-1")), {"canaries Invalid " + first + ".trafficPercent"}},
      {"canaries", "Above100", beside(canary("a", "101")), {"canaries Invalid " + first + ".trafficPercent"}},
      {"canaries", "NoName", beside(canary("", "10")), {"canaries Required " + first + ".predictor.name"}},
      {"canaries",
       "NoPredictor",
       beside(R"({"trafficPercent": 10})"),
       {"canaries Required " + first + ".predictor.name", "canaries Required " + first + ".predictor"}},
      {"canaries",
       "SameName",
       beside(canary("a", "10") + ", " + canary("a", "10")),
       {"canaries Duplicate spec.canary[1].predictor.name"}},
      {"canaries",
       "NameOfTheStable",
       beside(canary("v1", "10"), model() + R"(, "name": "v1")"),
       {"canaries Invalid " + first + ".predictor.name"}},
      {"canaries", "AsManyReplicas",
       beside(canary("a", "10", R"("minReplicas": 2)"), model() + R"(, "minReplicas": 2)")},
      {"canaries",
       "MoreReplicas",
       beside(canary("a", "10", R"("minReplicas": 2)")),
       {"canaries Invalid " + first + ".predictor.minReplicas"}},
      {"canaries",
       "Autoscaler",
       beside(canary("a", "10",
                     R"("maxReplicas": 2, "scaleTarget": 1, "scaleMetric": "cpu", "autoScaling": {})")),
       {"canaries Forbidden " + first + ".predictor.maxReplicas",
        "canaries Forbidden " + first + ".predictor.scaleTarget",
        "canaries Forbidden " + first + ".predictor.scaleMetric",
        "canaries Forbidden " + first + ".predictor.autoScaling"}},
      {"canaries",
       "Workers",
       beside(canary("a", "10", R"("workerSpec": {})")),
       {"canaries Forbidden " + first + ".predictor.workerSpec"}},
      {"canaries",
       "NothingToServe",
       beside(R"({"predictor": {"name": "a"}, "trafficPercent": 10})"),
       {"one-implementation Required " + first + ".predictor"}},
      {"canaries",
       "CheckedInEachComponent",
       beside(canary("a", "10", R"("containerConcurrency": -1, "logger": {"mode": "x"})")),
       {"container-concurrency Invalid " + first + ".predictor.containerConcurrency",
        "logger NotSupported " + first + ".predictor.logger.mode"}},
      {"canaries", "InheritsTheFormat",
       beside(
           R"({"predictor": {"name": "a", "model": {"storageUri": "s3://models/2"}}, "trafficPercent": 10})")},
  };
}

}  // namespace modelgate::validation
