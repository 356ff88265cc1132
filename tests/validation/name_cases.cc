// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/cases.h"

namespace modelgate::validation {
namespace {

/// A configuration in which the namespace is a part of the host's name by itself.
constexpr const char* kDottedHosts = R"([{"kind": "ConfigMap", "data": {
    "ingress": "{\"domainTemplate\": \"{{ .Name }}.{{ .Namespace }}.example.com\"}"}}])";

std::string times(std::size_t n, char c) {
  return std::string(n, c);
}

std::string named(const std::string& name, const std::string& annotations = Parts{}.annotations) {
  return service({.predictor = model(), .name = name, .annotations = annotations});
}

std::string generated(const std::string& prefix) {
  return service({.predictor = model(), .name = "", .metadata = R"("generateName": ")" + prefix + R"(")"});
}

std::string with_labels(const std::string& labels) {
  return service({.predictor = model(), .metadata = R"("labels": {)" + labels + "}"});
}

std::string variant(const std::string& name, const std::string& uri) {
  return service(
      {.predictor = bare_model(R"("storageUri": ")" + uri + R"(")") + R"(, "name": ")" + name + R"(")"});
}

std::string in_mode(const std::string& annotation, const std::string& status = "") {
  const std::string key = R"("serving.kserve.io/deploymentMode": ")";
  return service({.predictor = model(),
                  .annotations = annotation.empty() ? "" : key + annotation + R"(")",
                  .status = status.empty() ? "" : R"("deploymentMode": ")" + status + R"(")"});
}

}  // namespace

std::vector<Case> name_cases() {
  const std::string mode_path = "metadata.annotations[serving.kserve.io/deploymentMode]";
  return {
      {"service-name", "Plain", named("iris-2")},
      {"service-name", "Missing", named(""), {"service-name Required metadata.name"}},
      {"service-name", "FirstADigit", named("1iris"), {"service-name Invalid metadata.name"}},
      {"service-name", "Capital", named("Iris"), {"service-name Invalid metadata.name"}},
      {"service-name", "Dot", named("iris.v1"), {"service-name Invalid metadata.name"}},
      {"service-name", "LastADash", named("iris-"), {"service-name Invalid metadata.name"}},
      {"service-name", "Generated", generated("iris-")},
      {"service-name",
       "GeneratedFromABadOne",
       generated("Iris-"),
       {"service-name Invalid metadata.generateName"}},

      // {name}-predictor-default is the host's first label, 18 bytes longer than the name.
      {"derived-names", "HostOf63", named(times(45, 'a'))},
      {"derived-names", "HostOf64", named(times(46, 'a')), {"derived-names TooLong metadata.name"}},
      // isvc.{name}-predictor is 15 bytes longer.
      {"derived-names", "LabelOf63", named(times(48, 'a')), {}, {}, {}, kDottedHosts},
      {"derived-names",
       "LabelOf64",
       named(times(49, 'a')),
       {"derived-names TooLong metadata.name"},
       {},
       {},
       kDottedHosts},
      {"derived-names", "KnativeServiceOf63", named(times(53, 'a'), kKnative)},
      {"derived-names",
       "KnativeServiceOf64",
       named(times(54, 'a'), kKnative),
       {"derived-names TooLong metadata.name"}},
      {"derived-names",
       "TransformerIsLonger",
       service(
           {.predictor = model(), .spec = R"("transformer": {)" + custom() + "}", .name = times(44, 'a')}),
       {"derived-names TooLong metadata.name"}},
      {"derived-names", "GeneratedOf45", generated(times(40, 'a'))},
      {"derived-names",
       "GeneratedOf46",
       generated(times(41, 'a')),
       {"derived-names TooLong metadata.generateName"}},
      {"derived-names",
       "VariantTooLong",
       variant(times(41, 'b'), "s3://models/iris"),
       {"derived-names TooLong spec.predictor.name"}},
      {"predictor-name", "Plain", variant("v1", "s3://models/iris")},
      {"predictor-name",
       "Capital",
       variant("V1", "s3://models/iris"),
       {"predictor-name Invalid spec.predictor.name"}},

      {"predictor-name-change",
       "OfOneThatServedNothing",
       variant("v2", "s3://models/one"),
       {"predictor-name-change Forbidden spec.predictor.name"},
       {},
       service({.predictor = R"("name": "v1")"})},
      {"predictor-name-change",
       "WithTheModel",
       variant("v2", "s3://models/two"),
       {},
       {},
       variant("v1", "s3://models/one")},
      {"predictor-name-change",
       "Unchanged",
       variant("v1", "s3://models/one"),
       {},
       {},
       variant("v1", "s3://models/one")},
      {"predictor-name-change",
       "Alone",
       variant("v2", "s3://models/one"),
       {"predictor-name-change Forbidden spec.predictor.name"},
       {},
       variant("v1", "s3://models/one")},
      {"predictor-name-change",
       "FromTheOldSpelling",
       variant("v2", "s3://models/one"),
       {"predictor-name-change Forbidden spec.predictor.name"},
       {},
       service({.predictor = R"("sklearn": {"storageUri": "s3://models/one"}, "name": "v1")"})},

      {"labels-and-annotations", "Right", with_labels(R"("example.com/team": "a_b.c", "empty": "")")},
      {"labels-and-annotations",
       "KeyWithABlank",
       with_labels(R"("a b": "c")"),
       {"labels-and-annotations Invalid metadata.labels[a b]"}},
      {"labels-and-annotations", "ValueOf63", with_labels(R"("a": ")" + times(63, 'v') + R"(")")},
      {"labels-and-annotations",
       "ValueOf64",
       with_labels(R"("a": ")" + times(64, 'v') + R"(")"),
       {"labels-and-annotations Invalid metadata.labels[a]"}},
      {"labels-and-annotations",
       "OfAComponent",
       service({.predictor = model() + R"(, "labels": {"a": "b/c"}, "annotations": {"-": "x"})"}),
       {"labels-and-annotations Invalid spec.predictor.labels[a]",
        "labels-and-annotations Invalid spec.predictor.annotations[-]"}},
      {"labels-and-annotations",
       "AnnotationsTooLarge",
       service({.predictor = model(),
                .annotations = Parts{}.annotations + R"(, "note": ")" + times(262'144, 'x') + R"(")"}),
       {"labels-and-annotations TooLong metadata.annotations"}},

      {"denied-annotations", "Harmless",
       named(
           "a",
           R"("nginx.ingress.kubernetes.io/proxy-body-size": "8m", "alb.ingress.kubernetes.io/target-type": "ip")")},
      {"denied-annotations",
       "Snippet",
       named("a", R"("nginx.ingress.kubernetes.io/server-snippet": "x")"),
       {"denied-annotations Forbidden metadata.annotations[nginx.ingress.kubernetes.io/server-snippet]"}},
      {"denied-annotations",
       "OfAComponent",
       service(
           {.predictor = model() + R"(, "annotations": {"external-dns.alpha.kubernetes.io/hostname": "x"})"}),
       {"denied-annotations Forbidden spec.predictor.annotations[external-dns.alpha.kubernetes.io/hostname]"}},
      {"denied-annotations",
       "NotConfigured",
       named("a", R"("nginx.ingress.kubernetes.io/server-snippet": "x")"),
       {},
       {},
       {},
       R"([{"kind": "ConfigMap", "data": {"modelgate": "{\"deniedAnnotations\": []}"}}])"},
      {"denied-annotations",
       "Configured",
       named("a", R"("example.com/x-y": "x")"),
       {"denied-annotations Forbidden metadata.annotations[example.com/x-y]"},
       {},
       {},
       R"([{"kind": "ConfigMap", "data": {"modelgate": "{\"deniedAnnotations\": [\"example.com/*-y\"]}"}}])"},

      {"deployment-mode-change", "Same", in_mode("Standard"), {}, {}, in_mode("Standard", "Standard")},
      {"deployment-mode-change",
       "SameByItsOldName",
       in_mode("Knative"),
       {},
       {},
       in_mode("Serverless", "Serverless")},
      {"deployment-mode-change", "NotReconciledYet", in_mode("Knative"), {}, {}, in_mode("Standard")},
      {"deployment-mode-change", "AnnotationDropped", in_mode(""), {}, {}, in_mode("Standard", "Standard")},
      {"deployment-mode-change",
       "Another",
       in_mode("Knative"),
       {"deployment-mode-change Forbidden " + mode_path},
       {},
       in_mode("Standard", "Standard")},
      {"deployment-mode-change",
       "FromKnative",
       in_mode("Standard"),
       {"deployment-mode-change Forbidden " + mode_path},
       {},
       in_mode("Serverless", "Serverless")},
      {"deployment-mode", "Legacy", in_mode("RawDeployment")},
      {"deployment-mode", "ModelMesh", in_mode("ModelMesh")},
      {"deployment-mode", "Unknown", in_mode("standard"), {"deployment-mode NotSupported " + mode_path}},
  };
}

}  // namespace modelgate::validation
