// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/cases.h"

namespace modelgate::validation {
namespace {

/// Members of `model`.
std::string in_model(const std::string& members) {
  return service({.predictor = model(members)});
}

/// Members of a custom serving container.
std::string in_container(const std::string& members) {
  return service({.predictor = custom(members)});
}

/// Members beside the model: of the Pod.
std::string in_pod(const std::string& members) {
  return service({.predictor = model() + ", " + members});
}

std::string resources(const std::string& requests, const std::string& limits) {
  return R"("resources": {"requests": {)" + requests + R"(}, "limits": {)" + limits + "}}";
}

std::string env(const std::string& list) {
  return R"("env": [)" + list + "]";
}

std::string mount(const std::string& name, const std::string& path = "/data") {
  return R"("volumeMounts": [{"name": ")" + name + R"(", "mountPath": ")" + path + R"("}])";
}

std::string with_runtime(const std::string& runtime, const std::string& format, const std::string& members) {
  return service({.predictor = R"("model": {"modelFormat": {"name": ")" + format + R"("}, "runtime": ")" +
                               runtime + R"(", )" + members + "}"});
}

std::string toleration(const std::string& members) {
  return in_pod(R"("tolerations": [{)" + members + "}]");
}

constexpr const char* kVolume = R"("volumes": [{"name": "cache", "emptyDir": {}}])";

}  // namespace

std::vector<Case> container_cases() {
  const std::string model_at = "spec.predictor.model";
  const std::string container_at = "spec.predictor.containers[0]";
  const std::string blocked = env(R"({"name": "PYTHONPATH", "value": "/x"})");
  const std::string own_runtime =
      R"([{"kind": "ClusterServingRuntime", "metadata": {"name": "asks-for-2"}, "spec": {
      "supportedModelFormats": [{"name": "sklearn"}],
      "containers": [{"name": "kserve-container", "image": "example.com/a:v1",
                      "resources": {"requests": {"memory": "2Gi"}, "limits": {"cpu": "2"}}}]}}])";
  return {
      {"blocked-env", "Other", in_model(env(R"({"name": "PYTHONPATHS", "value": "/x"})"))},
      {"blocked-env",
       "InTheModel",
       in_model(blocked),
       {"blocked-env Forbidden " + model_at + ".env[0].name"}},
      {"blocked-env",
       "InAFramework",
       service({.predictor = R"("triton": {)" + blocked + "}"}),
       {"blocked-env Forbidden spec.predictor.triton.env[0].name"}},
      {"blocked-env",
       "InAContainer",
       in_container(blocked),
       {"blocked-env Forbidden " + container_at + ".env[0].name"}},
      {"blocked-env",
       "InAnInitContainer",
       in_pod(R"("initContainers": [{"name": "a", "image": "example.com/a:v1", )" + blocked + "}]"),
       {"blocked-env Forbidden spec.predictor.initContainers[0].env[0].name"}},
      {"blocked-env",
       "InAWorker",
       service({.predictor = custom() + R"(, "workerSpec": {"containers": [{"name": "worker-container", )" +
                             blocked + "}]}"}),
       {"blocked-env Forbidden spec.predictor.workerSpec.containers[0].env[0].name"}},
      {"blocked-env",
       "InATransformer",
       service({.predictor = model(), .spec = R"("transformer": {)" + custom(blocked) + "}"}),
       {"blocked-env Forbidden spec.transformer.containers[0].env[0].name"}},
      {"blocked-env",
       "InArt",
       service({.predictor = model(),
                .spec = R"("explainer": {"art": {"type": "SquareAttack", )" + blocked + "}}"}),
       {"blocked-env Forbidden spec.explainer.art.env[0].name"}},
      {"blocked-env-everywhere", "CanaryWithout",
       service(
           {.predictor = model(), .spec = R"("canary": [{"predictor": {"name": "a", )" + model() + "}}]"})},
      {"blocked-env-everywhere",
       "InACanary",
       service({.predictor = model(),
                .spec = R"("canary": [{"predictor": {"name": "a", )" + model(blocked) + "}}]"}),
       {"blocked-env-everywhere Forbidden spec.canary[0].predictor.model.env[0].name"}},

      {"quantities", "Forms",
       in_model(resources(R"("cpu": 0.5, "memory": "1e9")", R"("cpu": "1", "memory": "1G")"))},
      {"quantities",
       "Suffix",
       in_model(resources(R"("memory": "1GiB")", "")),
       {"quantities Invalid " + model_at + ".resources.requests[memory]"}},
      {"quantities",
       "EverywhereAtOnce",
       service({.predictor = model(),
                .spec = R"("transformer": {)" + custom(resources("", R"("cpu": "one")")) +
                        R"(, "initContainers": [{"name": "i", "image": "example.com/i:v1", )" +
                        resources("", R"("cpu": "")") + "}]}"}),
       {"quantities Invalid spec.transformer.containers[0].resources.limits[cpu]",
        "quantities Invalid spec.transformer.initContainers[0].resources.limits[cpu]"}},
      {"quantities", "OfThePod",
       service({.predictor = model() + R"(, "overhead": {"cpu": "250m"}, "resources": {"limits": {"cpu": 2}},
                  "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}, {"name": "w", "emptyDir": {}}])"})},
      {"quantities",
       "OfThePodWrong",
       service(
           {.predictor = model() + R"(, "overhead": {"cpu": "some"}, "resources": {"limits": {"cpu": "all"}},
                  "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "plenty"}}])"}),
       {"quantities Invalid spec.predictor.overhead[cpu]",
        "quantities Invalid spec.predictor.resources.limits[cpu]",
        "quantities Invalid spec.predictor.volumes[0].emptyDir.sizeLimit"}},

      {"resource-names", "Extended",
       in_model(resources("", R"("nvidia.com/gpu": 1, "hugepages-2Mi": "4Mi")"))},
      {"resource-names",
       "Misspelled",
       in_model(resources("", R"("memroy": "1Gi")")),
       {"resource-names NotSupported " + model_at + ".resources.limits[memroy]"}},
      {"resource-names",
       "BadDomain",
       in_model(resources("", R"("-a/b": "1")")),
       {"resource-names Invalid " + model_at + ".resources.limits[-a/b]"}},
      {"resource-names",
       "HalfAGpu",
       in_model(resources("", R"("nvidia.com/gpu": "500m")")),
       {"resource-names Invalid " + model_at + ".resources.limits[nvidia.com/gpu]"}},
      {"resource-names", "Zero", in_model(resources(R"("cpu": "0")", ""))},
      {"resource-names",
       "BelowZero",
       in_model(resources(R"("cpu": "-1")", "")),
       {"resource-names Invalid " + model_at + ".resources.requests[cpu]"}},

      {"limits", "Equal", in_model(resources(R"("memory": "1Gi")", R"("memory": "1024Mi")"))},
      {"limits",
       "OneByteBelow",
       in_model(resources(R"("memory": "1Gi")", R"("memory": "1073741823")")),
       {"limits Invalid " + model_at + ".resources.limits[memory]"}},
      {"limits",
       "OfAWorker",
       service({.predictor = custom() + R"(, "workerSpec": {"containers": [{"name": "worker-container", )" +
                             resources(R"("cpu": "2")", R"("cpu": "1")") + "}]}"}),
       {"limits Invalid spec.predictor.workerSpec.containers[0].resources.limits[cpu]"}},
      {"limits",
       "OfACanary",
       service({.predictor = model(),
                .spec = R"("canary": [{"predictor": {"name": "a", )" +
                        model(resources(R"("cpu": "2")", R"("cpu": "1")")) + "}}]"}),
       {"limits Invalid spec.canary[0].predictor.model.resources.limits[cpu]"}},
      {"limits",
       "GpusDiffer",
       in_model(resources(R"("nvidia.com/gpu": "1")", R"("nvidia.com/gpu": "2")")),
       {"limits Invalid " + model_at + ".resources.limits[nvidia.com/gpu]"}},
      {"limits", "LimitAlone", in_model(resources("", R"("memory": "1Mi")"))},

      {"limits-with-runtime",
       "Enough",
       with_runtime("asks-for-2", "sklearn", resources("", R"("memory": "2Gi")")),
       {},
       {},
       {},
       own_runtime},
      {"limits-with-runtime",
       "LimitBelowItsRequest",
       with_runtime("asks-for-2", "sklearn", resources("", R"("memory": "1Gi")")),
       {"limits-with-runtime Invalid " + model_at + ".resources.limits[memory]"},
       {},
       {},
       own_runtime},
      {"limits-with-runtime",
       "RequestAboveItsLimit",
       with_runtime("asks-for-2", "sklearn", resources(R"("cpu": "3")", "")),
       {"limits-with-runtime Invalid " + model_at + ".resources.requests[cpu]"},
       {},
       {},
       own_runtime},
      {"limits-with-runtime",
       "BothOfTheServiceWin",
       with_runtime("asks-for-2", "sklearn", resources(R"("memory": "1Gi")", R"("memory": "1Gi")")),
       {},
       {},
       {},
       own_runtime},

      {"container-names", "Sidecar",
       in_pod(R"("containers": [{"name": "side-car", "image": "example.com/a:v1"}])")},
      {"container-names",
       "Form",
       in_pod(R"("containers": [{"name": "Side", "image": "example.com/a:v1"}])"),
       {"container-names Invalid spec.predictor.containers[0].name"}},
      {"container-names",
       "Missing",
       in_pod(R"("containers": [{"image": "example.com/a:v1"}])"),
       {"container-names Required spec.predictor.containers[0].name"}},
      {"container-names",
       "Twice",
       in_pod(R"("containers": [{"name": "a", "image": "example.com/a:v1"}],
                 "initContainers": [{"name": "a", "image": "example.com/a:v1"}])"),
       {"container-names Duplicate spec.predictor.initContainers[0].name"}},
      {"container-names", "SameInAnotherPod",
       service({.predictor = custom(), .spec = R"("transformer": {)" + custom() + "}"})},

      {"images", "MergedWithTheRuntimes", in_pod(R"("containers": [{"name": "transformer-container"}])")},
      {"images",
       "OfATransformer",
       service({.predictor = model(),
                .spec = R"("transformer": {"containers": [{"name": "kserve-container"}]})"}),
       {"images Required spec.transformer.containers[0].image"}},
      {"images",
       "Blank",
       in_model(R"("image": "example.com/a:v1 ")"),
       {"images Invalid spec.predictor.model.image"}},

      {"env", "Sources",
       in_model(env(
           R"({"name": "A"}, {"name": "b.c-d", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}})"))},
      {"env", "NoName", in_model(env(R"({"value": "1"})")), {"env Required " + model_at + ".env[0].name"}},
      {"env", "Equals", in_model(env(R"({"name": "A=B"})")), {"env Invalid " + model_at + ".env[0].name"}},
      {"env",
       "TwoSources",
       in_model(
           env(R"({"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}})")),
       {"env Forbidden " + model_at + ".env[0].valueFrom"}},

      {"env-once", "CaseMatters", in_model(env(R"({"name": "A"}, {"name": "a"})"))},
      {"env-once",
       "Twice",
       in_model(env(R"({"name": "A"}, {"name": "B"}, {"name": "A"})")),
       {"env-once Duplicate " + model_at + ".env[2].name"}},
      {"env-once",
       "ThriceInALongList",
       [] {
         std::string list = R"({"name": "V5"})";
         for (int i = 0; i < 40; ++i) list += R"(, {"name": "V)" + std::to_string(i) + R"("})";
         return in_container(env(list + R"(, {"name": "V5"})"));
       }(),
       {"env-once Duplicate " + container_at + ".env[6].name",
        "env-once Duplicate " + container_at + ".env[41].name"}},

      {"ports", "TwoProtocols",
       in_container(
           R"("ports": [{"containerPort": 1, "protocol": "TCP"}, {"containerPort": 1, "protocol": "UDP"},
                                 {"containerPort": 65535, "name": "http1"}])")},
      {"ports",
       "OutOfRange",
       in_container(R"("ports": [{"containerPort": 0}, {"containerPort": 65536}])"),
       {"ports Invalid " + container_at + ".ports[0].containerPort",
        "ports Invalid " + container_at + ".ports[1].containerPort"}},
      {"ports",
       "Missing",
       in_container(R"("ports": [{"name": "http1"}])"),
       {"ports Required " + container_at + ".ports[0].containerPort"}},
      {"ports",
       "Twice",
       in_container(R"("ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}])"),
       {"ports Duplicate " + container_at + ".ports[1].containerPort"}},
      {"ports",
       "NameTwice",
       in_container(R"("ports": [{"containerPort": 80, "name": "h"}, {"containerPort": 81, "name": "h"}])"),
       {"ports Duplicate " + container_at + ".ports[1].name"}},
      {"ports",
       "ProtocolAndName",
       in_container(R"("ports": [{"containerPort": 80, "name": "H", "protocol": "tcp"}])"),
       {"ports NotSupported " + container_at + ".ports[0].protocol",
        "ports Invalid " + container_at + ".ports[0].name"}},

      {"volumes", "Two", in_pod(R"("volumes": [{"name": "a"}, {"name": "b"}])")},
      {"volumes",
       "Twice",
       in_pod(R"("volumes": [{"name": "a"}, {"name": "a"}])"),
       {"volumes Duplicate spec.predictor.volumes[1].name"}},
      {"volumes",
       "Form",
       in_pod(R"("volumes": [{"name": "a_b"}, {}])"),
       {"volumes Invalid spec.predictor.volumes[0].name", "volumes Required spec.predictor.volumes[1].name"}},

      {"mounts", "Two",
       service(
           {.predictor =
                model(
                    R"("volumeMounts": [{"name": "cache", "mountPath": "/a"}, {"name": "cache", "mountPath": "/b"}])") +
                ", " + kVolume})},
      {"mounts",
       "SamePath",
       service(
           {.predictor =
                model(
                    R"("volumeMounts": [{"name": "cache", "mountPath": "/a"}, {"name": "cache", "mountPath": "/a"}])") +
                ", " + kVolume}),
       {"mounts Duplicate " + model_at + ".volumeMounts[1].mountPath"}},
      {"mounts",
       "Half",
       service({.predictor =
                    model(R"("volumeMounts": [{"name": "cache"}, {"mountPath": "/a:b", "subPath": "/c"}])") +
                    ", " + kVolume}),
       {"mounts Required " + model_at + ".volumeMounts[0].mountPath",
        "mounts Required " + model_at + ".volumeMounts[1].name",
        "mounts Invalid " + model_at + ".volumeMounts[1].mountPath",
        "mounts Invalid " + model_at + ".volumeMounts[1].subPath"}},

      {"mounts-have-volumes", "OfThePod", service({.predictor = model(mount("cache")) + ", " + kVolume})},
      {"mounts-have-volumes",
       "OfUnknownContainer",
       in_model(mount("cache")),
       {"mounts-have-volumes NotFound " + model_at + ".volumeMounts[0].name"}},
      {"mounts-have-volumes", "OfTheNamedRuntime",
       with_runtime("kserve-tritonserver", "triton", mount("devshm"))},
      {"mounts-have-volumes", "OfARuntimeThatCouldBeSelected",
       service({.predictor = R"("model": {"modelFormat": {"name": "triton"}, "protocolVersion": "v2", )" +
                             mount("devshm") + "}"})},
      {"mounts-have-volumes",
       "OfAnotherRuntime",
       in_model(mount("devshm")),
       {"mounts-have-volumes NotFound " + model_at + ".volumeMounts[0].name"}},
      {"mounts-have-volumes",
       "UnknownRuntime",
       with_runtime("not-there", "sklearn", mount("cache")),
       {},
       {"spec.predictor.model.runtime"}},
      {"mounts-have-volumes", "Injected", in_model(mount("kserve-provision-location"))},
      {"mounts-have-volumes",
       "OfATransformer",
       service({.predictor = model() + ", " + kVolume,
                .spec = R"("transformer": {)" + custom(mount("cache")) + "}"}),
       {"mounts-have-volumes NotFound spec.transformer.containers[0].volumeMounts[0].name"}},
      {"mounts-have-volumes", "OfTheRuntimesWorkers",
       service(
           {.predictor = R"("model": {"modelFormat": {"name": "huggingface"}, "runtime": "kserve-multinode",
                                "storageUri": "pvc://claim/m"}, "workerSpec": {"containers": [{"name": "worker-container", )" +
                         mount("worker-cache") + "}]}",
            .annotations = kNoAutoscaler})},

      {"model-templates", "Known",
       in_model(R"("args": ["--name={{.Name}}", "{{ .Labels.team }}/{{- .Namespace -}}"])")},
      {"model-templates", "KnownFunction", in_model(R"("args": ["{{index .Annotations `a-b`}}"])")},
      {"model-templates",
       "InTheTransformersContainer",
       service(
           {.predictor =
                model() +
                R"(, "containers": [{"name": "transformer-container", "image": "t", "args": ["{{.x}}"]}])"}),
       {"model-templates Invalid spec.predictor.containers[0].args[0]"}},
      {"model-templates",
       "Function",
       in_model(R"("args": ["{{ upper .Name }}"])"),
       {"model-templates Invalid " + model_at + ".args[0]"}},

      {"tolerations", "Exists",
       toleration(R"("key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule")")},
      {"tolerations", "Everything", toleration(R"("operator": "Exists")")},
      {"tolerations",
       "Operator",
       toleration(R"("key": "a", "operator": "Exist")"),
       {"tolerations NotSupported spec.predictor.tolerations[0].operator"}},
      {"tolerations",
       "Effect",
       toleration(R"("key": "a", "operator": "Exists", "effect": "NoSchedul")"),
       {"tolerations NotSupported spec.predictor.tolerations[0].effect"}},
      {"tolerations",
       "NoKey",
       toleration(R"("value": "a")"),
       {"tolerations Invalid spec.predictor.tolerations[0].operator"}},
      {"tolerations",
       "ValueBesideExists",
       toleration(R"("key": "a", "operator": "Exists", "value": "b")"),
       {"tolerations Invalid spec.predictor.tolerations[0].value"}},
      {"tolerations",
       "Key",
       toleration(R"("key": "a b", "value": "c")"),
       {"tolerations Invalid spec.predictor.tolerations[0].key"}},
      {"tolerations",
       "Seconds",
       toleration(R"("key": "a", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 5)"),
       {"tolerations Invalid spec.predictor.tolerations[0].effect"}},

      {"node-selectors", "Right", in_pod(R"("nodeSelector": {"example.com/pool": "gpu"})")},
      {"node-selectors",
       "Key",
       in_pod(R"("nodeSelector": {"a/b/c": "d"})"),
       {"node-selectors Invalid spec.predictor.nodeSelector[a/b/c]"}},
      {"node-selectors",
       "Value",
       in_pod(R"("nodeSelector": {"a": "b c"})"),
       {"node-selectors Invalid spec.predictor.nodeSelector[a]"}},
  };
}

}  // namespace modelgate::validation
