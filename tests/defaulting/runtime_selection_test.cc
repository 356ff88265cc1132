// SPDX-License-Identifier: Apache-2.0
#include "defaulting/runtime_selection.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using Verdict = Candidate::Verdict;

// Each runtime differs from the others in one thing. In the catalog's order "plain" is older than "newer".
constexpr std::string_view kRuntimes = R"(
kind: ClusterServingRuntime
metadata: {name: plain, creationTimestamp: "2026-01-01T00:00:00Z"}
spec: {protocolVersions: [v1], supportedModelFormats: [{name: a, version: "1", autoSelect: true}]}
---
kind: ClusterServingRuntime
metadata: {name: newer, creationTimestamp: "2026-02-01T00:00:00Z"}
spec: {protocolVersions: [v1], supportedModelFormats: [{name: a, version: "1", autoSelect: true}]}
---
kind: ClusterServingRuntime
metadata: {name: first}
spec: {protocolVersions: [v1], supportedModelFormats: [{name: b, autoSelect: true, priority: 1}]}
---
kind: ClusterServingRuntime
metadata: {name: second}
spec: {protocolVersions: [v1], supportedModelFormats: [{name: b, autoSelect: true, priority: 2}]}
---
kind: ClusterServingRuntime
metadata: {name: unranked, creationTimestamp: "2026-02-01T00:00:00Z"}
spec: {protocolVersions: [v1], supportedModelFormats: [{name: b, autoSelect: true}]}
---
kind: ServingRuntime
metadata: {name: own, namespace: mine}
spec: {protocolVersions: [v1], supportedModelFormats: [{name: b, autoSelect: true}]}
---
kind: ClusterServingRuntime
metadata: {name: asked-only}
spec: {protocolVersions: [v1], supportedModelFormats: [{name: c}]}
---
kind: ClusterServingRuntime
metadata: {name: off}
spec: {disabled: true, protocolVersions: [v1], supportedModelFormats: [{name: c, autoSelect: true}]}
---
kind: ClusterServingRuntime
metadata: {name: v2-only}
spec: {protocolVersions: [v2, grpc-v2], supportedModelFormats: [{name: d, autoSelect: true}]}
---
kind: ClusterServingRuntime
metadata: {name: silent}
spec: {supportedModelFormats: [{name: e, autoSelect: true}]}
---
kind: ClusterServingRuntime
metadata: {name: many}
spec: {multiModel: true, supportedModelFormats: [{name: f, autoSelect: true}]}
---
kind: ClusterServingRuntime
metadata: {name: workers}
spec: {workerSpec: {pipelineParallelSize: 2}, supportedModelFormats: [{name: g, autoSelect: true}]}
)";

struct Case {
  const char* name;
  spec::ModelRequirement model;
  std::string_view namespace_;
  std::string_view want;  // empty: none
};

spec::ModelRequirement model(std::string_view format, std::optional<std::string_view> version = {},
                             std::optional<std::string_view> protocol = {}, bool multi_node = false) {
  spec::ModelRequirement m;
  m.format = format;
  m.version = version;
  m.protocol = protocol;
  m.multi_node = multi_node;
  return m;
}

const Case kCases[] = {
    {"TheNewerOfEqualOnes", model("a"), "other", "newer"},
    {"AVersionThatIsListed", model("a", "1"), "other", "newer"},
    {"AVersionThatIsNot", model("a", "2"), "other", ""},
    {"FormatsMatchInCase", model("A"), "other", ""},
    {"TheHigherPriority", model("b"), "other", "second"},
    {"TheNamespaceBeforeAnyPriority", model("b"), "mine", "own"},
    {"NoAutoSelectAndDisabled", model("c"), "other", ""},
    {"MissingProtocolIsV1", model("d"), "other", ""},
    {"NamedProtocol", model("d", {}, "grpc-v2"), "other", "v2-only"},
    {"ARuntimeThatNamesNoProtocol", model("e", {}, "v2"), "other", "silent"},
    {"MultiModel", model("f"), "other", ""},
    {"WorkersNotRequested", model("g"), "other", ""},
    {"WorkersRequested", model("g", {}, {}, true), "other", "workers"},
    {"WorkersMissing", model("e", {}, {}, true), "other", ""},
    {"NoFormat", model(""), "other", ""},
};

class SelectRuntime : public testing::TestWithParam<Case> {};

TEST_P(SelectRuntime, Chooses) {
  const auto catalog = catalog_of(kRuntimes);
  const Case& c = GetParam();
  const Selection s = select_runtime({.model = c.model, .namespace_ = c.namespace_}, *catalog);
  EXPECT_EQ(c.want, s.chosen ? s.chosen->name : "");
  EXPECT_EQ(s.chosen ? Selection::Source::kNew : Selection::Source::kNone, s.source);
}

INSTANTIATE_TEST_SUITE_P(Cases, SelectRuntime, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(SelectRuntimeReasons, OneLineForEveryCandidate) {
  const auto catalog = catalog_of(kRuntimes);
  for (const Case& c : kCases) {
    const Selection s = select_runtime({.model = c.model, .namespace_ = c.namespace_}, *catalog);
    const auto candidates = s.candidates();
    EXPECT_EQ(c.namespace_ == "mine" ? 12U : 11U, candidates.size()) << c.name;
    EXPECT_EQ(c.want.empty() ? 0 : 1, std::ranges::count(candidates, Verdict::kChosen, &Candidate::verdict))
        << c.name;
    for (const Candidate& k : candidates) {
      EXPECT_FALSE(k.reason().empty());
      EXPECT_EQ(std::string::npos, k.reason().find('\n'));
    }
  }
}

TEST(SelectRuntimeReasons, NamespaceGoesFirstAndSaysWhy) {
  const auto catalog = catalog_of(kRuntimes);
  const Selection s = select_runtime({.model = model("b"), .namespace_ = "mine"}, *catalog);
  const auto candidates = s.candidates();
  EXPECT_EQ("own", candidates.front().runtime->name);
  const auto second = std::ranges::find(candidates, std::string_view("second"),
                                        [](const Candidate& k) { return k.runtime->name; });
  ASSERT_NE(candidates.end(), second);
  EXPECT_EQ(Verdict::kOutranked, second->verdict);
  EXPECT_NE(std::string::npos, second->reason().find("own"));
}

TEST(SelectRuntimeReasons, OutlivesTheModel) {
  const auto catalog = catalog_of(kRuntimes);
  Selection s;
  {
    std::string format = "b";
    s = select_runtime({.model = model(format), .namespace_ = "other"}, *catalog);
    format = "?";
  }
  EXPECT_EQ("b", s.format);
  EXPECT_EQ(11U, s.candidates().size());
}

}  // namespace
}  // namespace modelgate::defaulting
