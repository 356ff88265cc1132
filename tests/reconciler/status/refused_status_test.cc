// SPDX-License-Identifier: Apache-2.0
#include "reconciler/status/refused_status.h"

#include <gtest/gtest.h>

#include "spec/inference_service.h"
#include "tests/hostile_text.h"

namespace modelgate::reconciler {
namespace {

using spec::Value;

Value read(std::string_view json, spec::Arena& arena) {
  auto value = spec::parse_json(json, arena);
  EXPECT_TRUE(value) << json;
  return std::move(value).value();
}

TEST(RefusedStatus, KeepsOtherConditionsInOrder) {
  spec::Arena arena;
  const Value service =
      read(R"({"metadata":{"generation":3},"status":{"url":"http://x","observedGeneration":2,"conditions":[)"
           R"({"type":"IngressReady","status":"True"},)"
           R"({"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"},)"
           R"({"type":"Stopped","status":"False"}]}})",
           arena);
  const Value status = refused_status(service, {.reason = "InvalidSpec", .message = "m", .phase = "Failed"},
                                      "2026-02-02T00:00:00Z", arena);
  const Value wanted = read(R"({"url":"http://x","observedGeneration":3,"phase":"Failed","conditions":[)"
                            R"({"type":"IngressReady","status":"True"},)"
                            R"({"type":"Ready","status":"False","reason":"InvalidSpec","message":"m",)"
                            R"("lastTransitionTime":"2026-02-02T00:00:00Z"},)"
                            R"({"type":"Stopped","status":"False"}]})",
                            arena);
  EXPECT_EQ(spec::to_canonical_json(status), spec::to_canonical_json(wanted));
}

TEST(RefusedStatus, DoesNotChangeWhenRepeated) {
  spec::Arena arena;
  Value service = read(R"({"metadata":{"generation":1}})", arena);
  const Refusal refusal = not_served(service, spec::kKnativeMode);
  EXPECT_EQ(refusal.reason, "KnativeNotServed");
  EXPECT_NE(refusal.message.find("serving.kserve.io/deploymentMode: Standard"), std::string::npos)
      << "says what to do";
  EXPECT_NE(refusal.message.find("does not have Knative Serving"), std::string::npos) << refusal.message;
  EXPECT_EQ(refusal.status, "False");
  Value status = refused_status(service, refusal, "2026-02-02T00:00:00Z", arena);
  const std::string first = spec::to_canonical_json(status);
  spec::set_member(service, "status", std::move(status), arena);
  const Value again =
      refused_status(service, not_served(service, spec::kKnativeMode), "2026-03-03T00:00:00Z", arena);
  EXPECT_EQ(spec::to_canonical_json(again), first);
}

TEST(RefusedStatus, HasNoPhaseOfAnotherState) {
  spec::Arena arena;
  const Value service =
      read(R"({"status":{"phase":"Ready","conditions":[{"type":"Ready","status":"True"}]}})", arena);
  for (const Refusal& refusal :
       {not_served(service, spec::kKnativeMode), Refusal{.reason = "InternalError", .message = "m"}}) {
    const Value status = refused_status(service, refusal, "2026-02-02T00:00:00Z", arena);
    EXPECT_FALSE(spec::ObjectView(status).has("phase")) << refusal.reason;
  }
}

TEST(NotServed, IsUnknownIfItWasReadyBefore) {
  spec::Arena arena;
  Value service = read(R"({"status":{"conditions":[{"type":"Ready","status":"True"}]}})", arena);
  for (int times = 0; times < 2; ++times) {
    const Refusal refusal = not_served(service, spec::kKnativeMode);
    EXPECT_EQ(refusal.status, "Unknown");
    spec::set_member(service, "status", refused_status(service, refusal, "2026-02-02T00:00:00Z", arena),
                     arena);
  }
}

TEST(RefusedStatus, ShowsNoHostileText) {
  for (const std::string& hostile : hostile_texts()) {
    spec::Arena arena;
    const Value status =
        refused_status(Value(rapidjson::kObjectType), {.reason = "InvalidSpec", .message = hostile},
                       "2026-02-02T00:00:00Z", arena);
    const auto conditions = spec::ObjectView(status).list("conditions");
    ASSERT_EQ(conditions.size(), 1U);
    EXPECT_EQ(raw_character(conditions[0].string("message")), "");
  }
}

}  // namespace
}  // namespace modelgate::reconciler
