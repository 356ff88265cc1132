// SPDX-License-Identifier: Apache-2.0
//
// Whatever an object contains, the response shows no control or directional character.
#include "tests/hostile_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "admission/admission.h"
#include "tests/admission/reviewed.h"

namespace modelgate::admission {
namespace {

using spec::Arena;

constexpr std::string_view kService = R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService",
"metadata":{"name":@,"namespace":"ns","labels":{@:@},"annotations":{@:@,"serving.kserve.io/deploymentMode":@,
 "serving.kserve.io/autoscalerClass":@,"serving.kserve.io/gpu-resource-types":@}},
"spec":{@:1,"predictor":{@:{},"name":@,"scaleMetric":@,"nodeSelector":{@:@},"serviceAccountName":@,
 "tolerations":[{"key":@,"operator":@,"effect":@}],"volumes":[{"name":@,"persistentVolumeClaim":{"claimName":@}}],
 "imagePullSecrets":[{"name":@}],"logger":{"mode":@,"url":@},"storageUris":[{"uri":@,"mountPath":@}],
 "model":{"modelFormat":{"name":@,"version":@},"runtime":@,"protocolVersion":@,"storageUri":@,"image":@,
  "storage":{"key":@,"path":@,"parameters":{@:@}},"env":[{"name":@,"value":@,@:1}],"ports":[{"name":@,"protocol":@}],
  "resources":{"requests":{@:@,"cpu":@},"limits":{@:@}},"volumeMounts":[{"name":@,"mountPath":@}],"args":[@]},
 "containers":[{"name":@,"image":@,"env":[{"name":@,"value":"x"}]}]},
 "transformer":{"containers":[{"name":@,"image":@},{"name":@}]},
 "canary":[{"trafficPercent":1,"predictor":{"name":@,"model":{"modelFormat":{"name":@},"storageUri":@}}}]}})";

constexpr std::string_view kWrongTypes =
    R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService",
"metadata":{"name":@,"labels":{@:1,@@:@}},"spec":{"predictor":{"minReplicas":@,"nodeSelector":{@:[@]},"model":{"env":@}}}})";

constexpr std::string_view kRuntime =
    R"({"apiVersion":"serving.kserve.io/v1alpha1","kind":"ClusterServingRuntime",
"metadata":{"name":@},"spec":{@:1,"supportedModelFormats":[{"name":@,"priority":0}],"protocolVersions":[@],
 "containers":[{"name":@,"image":@,"args":["{{.Labels.x@}}","{{@}}"],"env":[{"name":@}],"resources":{"limits":{"cpu":@}}}]}})";

constexpr std::string_view kPod = R"({"apiVersion":"v1","kind":"Pod","metadata":{"generateName":@,
 "labels":{"serving.kserve.io/inferenceservice":@},"annotations":{"internal.serving.kserve.io/storage-initializer-sourceuri":@,
 "serving.kserve.io/s3-endpoint":@,"internal.serving.kserve.io/logger":"true","internal.serving.kserve.io/logger-sink-url":@}},
 "spec":{"serviceAccountName":@,"containers":[{"name":@},{"name":"kserve-container","env":[{"name":@,"value":@}]}]}})";

struct Path {
  Endpoint endpoint;
  const char* kind;
  std::string_view object;
};

constexpr const char* kServiceKind =
    R"({"group":"serving.kserve.io","version":"v1beta1","kind":"InferenceService"})";
constexpr Path kPaths[] = {
    {Endpoint::kMutateInferenceService, kServiceKind, kService},
    {Endpoint::kValidateInferenceService, kServiceKind, kService},
    {Endpoint::kMutateInferenceService, kServiceKind, kWrongTypes},
    {Endpoint::kValidateInferenceService, kServiceKind, kWrongTypes},
    {Endpoint::kValidateClusterServingRuntime,
     R"({"group":"serving.kserve.io","version":"v1alpha1","kind":"ClusterServingRuntime"})", kRuntime},
    {Endpoint::kMutatePods, R"({"group":"","version":"v1","kind":"Pod"})", kPod},
};

/// With each "@" replaced by the text: inside a string as it is, else quoted.
std::string filled(std::string_view object, std::string_view text) {
  std::string quoted;
  spec::append_json(text, quoted);
  const std::string inside = quoted.substr(1, quoted.size() - 2);
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (object[i] == '"') in_string = !in_string;
    if (object.substr(i).starts_with("@@")) {
      out += R"("other)" + inside + '"';
      ++i;
    } else if (object[i] == '@') {
      out += in_string ? inside : quoted;
    } else {
      out += object[i];
    }
  }
  return out;
}

/// Each string of a JSON document.
void for_each_string(const spec::Value& v, const std::function<void(std::string_view)>& f) {
  if (v.IsString()) f(spec::text_of(v));
  if (v.IsObject()) {
    for (const auto& m : v.GetObject()) {
      f(spec::text_of(m.name));
      for_each_string(m.value, f);
    }
  }
  if (v.IsArray()) {
    for (const spec::Value& e : v.GetArray()) for_each_string(e, f);
  }
}

void expect_safe(const Response& response, const Review& review) {
  EXPECT_EQ(raw_character(response.message, true), "") << response.message;
  Arena arena;
  const auto answer = spec::parse_json(encode_response(review, response), arena);
  ASSERT_TRUE(answer) << answer.error().message;
  const spec::Value& sent = *spec::find(*answer, "response");
  for (const char* part : {"status", "warnings", "auditAnnotations"}) {
    const spec::Value* value = spec::find(sent, part);
    if (!value) continue;
    for_each_string(*value, [&](std::string_view s) {
      if (s == response.message) return;  // it has several lines
      EXPECT_EQ(raw_character(s), "") << part << ": " << s;
    });
  }
}

TEST(HostileText, IsInNoResponse) {
  for (const bool strict : {true, false}) {
    const Cluster cluster([&](spec::Configuration& c) {
      using Mode = spec::ModelgateConfiguration::Validation;
      c.modelgate.validation = strict ? Mode::kStrict : Mode::kCompatible;
    });
    for (const std::string& hostile : hostile_texts()) {
      for (const Path& path : kPaths) {
        const std::string object = filled(path.object, hostile);
        for (const char* operation : {"CREATE", "UPDATE"}) {
          std::string name;
          spec::append_json(hostile, name);
          const std::string body = fmt::format(
              R"({{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u","kind":{},
              "name":{},"namespace":"ns","operation":"{}","object":{},"oldObject":{}}}}})",
              path.kind, name, operation, object, *operation == 'U' ? object : "null");
          Arena arena;
          auto review = decode_review(body, arena);
          ASSERT_TRUE(review) << review.error().message;
          Outcome outcome = admit(path.endpoint, *review, cluster.catalog(), {}, arena);
          if (const auto* needs = std::get_if<Needs>(&outcome)) {
            Facts facts;
            for (const ObjectKey& key : needs->objects) facts.add(key, {Fact::State::kAbsent, nullptr});
            review = decode_review(body, arena);
            outcome = admit(path.endpoint, *review, cluster.catalog(), facts, arena);
          }
          if (const auto* response = std::get_if<Response>(&outcome)) expect_safe(*response, *review);
        }
      }
    }
  }
}

TEST(HostileText, IsInNoAnswerToABadRequest) {
  for (const std::string& hostile : hostile_texts()) {
    for (
        const char* body : {
            R"({"apiVersion":@,"kind":"AdmissionReview"})",
            R"({"apiVersion":"admission.k8s.io/v1","kind":@})",
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":@}})",
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{@:1,@:2}})",
            R"({@})",
        }) {
      Arena arena;
      const std::string text = filled(body, hostile);
      const auto review = decode_review(text, arena);
      ASSERT_FALSE(review);
      EXPECT_EQ(raw_character(review.error().message), "") << review.error().message;
    }
    Arena arena;
    std::string kind;
    spec::append_json(hostile, kind);
    const std::string body = fmt::format(
        R"({{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u","operation":"CREATE",
        "kind":{{"group":{0},"version":{0},"kind":{0}}},"object":{{}}}}}})",
        kind);
    auto review = decode_review(body, arena);
    ASSERT_TRUE(review) << review.error().message;
    const Cluster cluster;
    const Outcome outcome = admit(Endpoint::kMutatePods, *review, cluster.catalog(), {}, arena);
    EXPECT_EQ(raw_character(std::get<Response>(outcome).message), "");
  }
}

}  // namespace
}  // namespace modelgate::admission
