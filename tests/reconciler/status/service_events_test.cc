// SPDX-License-Identifier: Apache-2.0
#include "reconciler/status/service_events.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>

#include "spec/catalog.h"

namespace modelgate::reconciler {
namespace {

using spec::Value;

Value read(const std::string& json, spec::Arena& arena) {
  auto value = spec::parse_json(json, arena);
  EXPECT_TRUE(value) << json;
  return std::move(value).value();
}

/// Conditions by "Type=Status/Reason".
std::string status(std::string_view phase, std::initializer_list<std::string_view> conditions) {
  std::string list;
  for (const std::string_view c : conditions) {
    const auto equals = c.find('='), slash = c.find('/');
    list += fmt::format(R"({}{{"type":"{}","status":"{}","reason":"{}","message":"why"}})",
                        list.empty() ? "" : ",", c.substr(0, equals),
                        c.substr(equals + 1, slash - equals - 1), c.substr(slash + 1));
  }
  return fmt::format(R"({{"phase":"{}","conditions":[{}]}})", phase, list);
}

struct Case {
  std::string name;
  std::string before, after;
  std::vector<std::string> events;  // warnings begin with "!"
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class Transition : public testing::TestWithParam<Case> {};

TEST_P(Transition, HasItsEvents) {
  spec::Arena arena;
  const Value before = read(GetParam().before.empty() ? "{}" : GetParam().before, arena);
  const Value after = read(GetParam().after, arena);
  std::vector<std::string> events;
  for (const ServiceEvent& e : events_of(GetParam().before.empty() ? nullptr : &before, after)) {
    EXPECT_FALSE(e.message.empty());
    events.push_back((e.is_warning ? "!" : "") + e.reason);
  }
  EXPECT_EQ(events, GetParam().events);
}

const std::string kStarting = status(
    "Loading", {"PredictorReady=False/MinimumReplicasUnavailable", "Ready=False/MinimumReplicasUnavailable"});
const std::string kReady =
    status("Ready", {"PredictorReady=True/PredictorReady", "Ready=True/InferenceServiceReady"});
const std::string kNoImage =
    status("Failed", {"IngressReady=False/PredictorNotReady", "PredictorReady=False/ImagePullBackOff",
                      "Ready=False/ImagePullBackOff"});
const std::string kOom = status("Failed", {"PredictorReady=False/OOMKilled", "Ready=False/OOMKilled"});
const std::string kNoRoute =
    status("Failed",
           {"IngressReady=False/NameTaken", "PredictorReady=True/PredictorReady", "Ready=False/NameTaken"});
const std::string kStopped =
    status("", {"PredictorReady=False/Stopped", "Ready=False/Stopped", "Stopped=True/Stopped"});
const std::string kResumed = status("Loading", {"Ready=False/x", "Stopped=False/NotStopped"});
const std::string kInvalid = status("Failed", {"Ready=False/InvalidSpec"});

INSTANTIATE_TEST_SUITE_P(
    , Transition,
    testing::Values(
        Case{"First", "", kStarting, {}}, Case{"ReadyAtOnce", "", kReady, {"InferenceServiceReady"}},
        Case{"Ready", kStarting, kReady, {"InferenceServiceReady"}}, Case{"StaysReady", kReady, kReady, {}},
        Case{"NoLongerReady", kReady, kStarting, {"!InferenceServiceNotReady"}},
        Case{"Fails", kStarting, kNoImage, {"!ImagePullBackOff"}},
        Case{"StaysFailed", kNoImage, kNoImage, {}},
        Case{"FailsForAnotherReason", kNoImage, kOom, {"!OOMKilled"}},
        Case{"FailsWhileReady", kReady, kOom, {"!OOMKilled", "!InferenceServiceNotReady"}},
        Case{"OnlyTheRouteFails", kStarting, kNoRoute, {"!NameTaken"}},
        Case{"OnlyReady", "", kInvalid, {"!InvalidSpec"}}, Case{"Stopped", kReady, kStopped, {"Stopped"}},
        Case{"Resumed", kStopped, kResumed, {"Resumed"}}),
    [](const auto& c) { return c.param.name; });

class RuntimeEvent : public testing::Test {
 protected:
  RuntimeEvent() {
    spec::CatalogBuilder builder;
    for (const char* name : {"one", "two", "other"}) {
      const std::string format = name == std::string("other") ? "onnx" : "sklearn";
      builder.add(read(
          fmt::format(
              R"({{"apiVersion":"serving.kserve.io/v1alpha1","kind":"ClusterServingRuntime","metadata":{{"name":"{}"}},)"
              R"("spec":{{"supportedModelFormats":[{{"name":"{}","autoSelect":{}}}],"containers":[]}}}})",
              name, format, name == std::string("one") ? "true" : "false"),
          arena_));
    }
    catalog_ = builder.build(1);
    model_ = read(R"({"model":{"modelFormat":{"name":"sklearn"}}})", arena_);
    selection_ = defaulting::select_runtime(
        {.model = spec::requirement_of(spec::PredictorView(model_)), .namespace_ = "ns"}, *catalog_);
  }

  spec::Arena arena_;
  std::shared_ptr<const spec::Catalog> catalog_;
  Value model_;
  std::optional<defaulting::Selection> selection_;
  const Value none_ = read("{}", arena_);
  const Value chosen_ = read(R"({"clusterServingRuntimeName":"one"})", arena_);
};

TEST_F(RuntimeEvent, NamesTheChosenRuntimeAndWhyNoOtherServesTheFormat) {
  const auto event = runtime_event(&none_, chosen_, selection_);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->reason, "RuntimeSelected");
  EXPECT_FALSE(event->is_warning);
  EXPECT_NE(event->message.find("ClusterServingRuntime one"), std::string::npos) << event->message;
  EXPECT_NE(event->message.find("two not:"), std::string::npos) << event->message;
  EXPECT_EQ(event->message.find("other"), std::string::npos) << event->message;
}

TEST_F(RuntimeEvent, IsOnlyForAChange) {
  EXPECT_TRUE(runtime_event(nullptr, chosen_, selection_));
  EXPECT_FALSE(runtime_event(&chosen_, chosen_, selection_));
  EXPECT_FALSE(runtime_event(&chosen_, none_, selection_));
  EXPECT_FALSE(runtime_event(&none_, chosen_, std::nullopt));
}

TEST(Events, SayThatThePreviousVersionServes) {
  spec::Arena arena;
  const Value before = read(kReady, arena);
  const Value after = read(status("Failed", {"PredictorReady=False/Invalid", "Ready=False/Invalid",
                                             "PreviousVersionReady=True/PreviousVersionServes"}),
                           arena);
  const auto events = events_of(&before, after);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].reason, "InferenceServiceNotReady");
  EXPECT_NE(events[1].message.find("the previous version keeps serving"), std::string::npos);
}

}  // namespace
}  // namespace modelgate::reconciler
