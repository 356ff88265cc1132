// SPDX-License-Identifier: Apache-2.0
//
// Runs the rows of the rules, and checks that each rule has an accepted and a denied one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/validation/cases.h"
#include "tests/validation/fixture.h"

namespace modelgate::validation {

namespace {

std::string member(const std::string& members) {
  return members.empty() ? "" : ", " + members;
}

}  // namespace

std::string service(const Parts& p) {
  return R"({"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": ")" +
         p.name + R"(", "namespace": "default", "annotations": {)" + p.annotations + "}" +
         member(p.metadata) + R"(}, "spec": {"predictor": {)" + p.predictor + "}" + member(p.spec) +
         R"(}, "status": {)" + p.status + "}}";
}

std::string bare_model(const std::string& more) {
  return R"("model": {"modelFormat": {"name": "sklearn"})" + member(more) + "}";
}

std::string model(const std::string& more) {
  return bare_model(R"("storageUri": "s3://models/iris")" + member(more));
}

std::string custom(const std::string& more) {
  return R"("containers": [{"name": "kserve-container", "image": "example.com/server:v1")" + member(more) +
         "}]";
}

namespace {

std::string runtime_text(const std::string& kind, const std::string& metadata, const std::string& spec) {
  const bool has_containers = spec::find(Document("{" + spec + "}").value(), "containers") != nullptr;
  return R"({"apiVersion": "serving.kserve.io/v1alpha1", "kind": ")" + kind + R"(", "metadata": {)" +
         metadata + R"(}, "spec": {)" + spec + (has_containers ? "" : (spec.empty() ? "" : ", ") + custom()) +
         "}}";
}

}  // namespace

std::string cluster_runtime(const std::string& name, const std::string& spec) {
  return runtime_text("ClusterServingRuntime", R"("name": ")" + name + R"(")", spec);
}

std::string runtime(const std::string& name, const std::string& ns, const std::string& spec) {
  return runtime_text("ServingRuntime", R"("name": ")" + name + R"(", "namespace": ")" + ns + R"(")", spec);
}

/// For a failure.
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.object;
}

namespace {

std::vector<Case> service_cases() {
  std::vector<Case> all;
  for (auto* cases :
       {name_cases, component_cases, scaling_cases, storage_cases, runtime_choice_cases, multi_node_cases,
        canary_cases, container_cases, pod_field_cases, without_effect_cases}) {
    for (Case& c : cases()) all.push_back(std::move(c));
  }
  return all;
}

Findings validate_service(const Case& c, const Document& document, const spec::Catalog& catalog) {
  const spec::InferenceServiceView isvc(document.value());
  if (c.old.empty()) return validate_inference_service({isvc, nullptr, catalog});
  const Document old(c.old);
  const spec::InferenceServiceView old_view(old.value());
  return validate_inference_service({isvc, &old_view, catalog});
}

Findings validate_runtime(const Case& c, const Document& document, const spec::Catalog& catalog) {
  const spec::ServingRuntimeView view(document.value());
  if (c.old.empty()) return validate_serving_runtime({view, nullptr, catalog});
  const Document old(c.old);
  const spec::ServingRuntimeView old_view(old.value());
  return validate_serving_runtime({view, &old_view, catalog});
}

/// The path of each warning.
std::vector<std::string> warned_paths(const Findings& found) {
  std::vector<std::string> out;
  for (const spec::FieldWarning& w : found.warnings) out.push_back(w.path.to_string());
  for (const MissingRuntime& m : found.missing_runtimes) out.push_back(m.warning.path.to_string());
  return out;
}

void expect(const Case& c, const Document& document, const Findings& found) {
  EXPECT_THAT(briefs(found), testing::UnorderedElementsAreArray(c.errors)) << prose(found);
  EXPECT_THAT(warned_paths(found), testing::UnorderedElementsAreArray(c.warnings)) << prose(found);
  for (const spec::FieldError& e : found.errors) {
    // The path exists, or is of a member that something which exists should have.
    const bool exists = e.path.find_in(document.value()) || e.path.parent().find_in(document.value()) ||
                        e.path.parent().parent().find_in(document.value());
    EXPECT_TRUE(exists) << e.to_string();
    EXPECT_FALSE(e.message().empty());
  }
}

struct CaseName {
  std::string operator()(const testing::TestParamInfo<Case>& info) const {
    std::string name = std::string(info.param.rule) + "_" + info.param.name;
    std::ranges::replace(name, '-', '_');
    return name;
  }
};

class ServiceRuleTest : public testing::TestWithParam<Case> {};

TEST_P(ServiceRuleTest, FindsExactlyThis) {
  const auto catalog = make_catalog(GetParam().catalog);
  const Document document(GetParam().object);
  expect(GetParam(), document, validate_service(GetParam(), document, *catalog));
}

INSTANTIATE_TEST_SUITE_P(Rules, ServiceRuleTest, testing::ValuesIn(service_cases()), CaseName());

class RuntimeRuleTest : public testing::TestWithParam<Case> {};

TEST_P(RuntimeRuleTest, FindsExactlyThis) {
  const auto catalog = make_catalog(GetParam().catalog);
  const Document document(GetParam().object);
  expect(GetParam(), document, validate_runtime(GetParam(), document, *catalog));
}

INSTANTIATE_TEST_SUITE_P(Rules, RuntimeRuleTest, testing::ValuesIn(runtime_cases()), CaseName());

/// A row denies by its rule, or is accepted. One rule only warns.
void expect_every_rule(const std::vector<RuleInfo>& rules, const std::vector<Case>& cases) {
  for (const RuleInfo& rule : rules) {
    bool accepted = false;
    bool denied = false;
    for (const Case& c : cases) {
      if (c.rule != rule.name) continue;
      accepted = accepted || c.errors.empty();
      denied = denied || (rule.name == "without-effect" && !c.warnings.empty());
      denied = denied || std::ranges::any_of(c.errors, [&](const std::string& e) {
                 return e.starts_with(std::string(rule.name) + " ");
               });
    }
    EXPECT_TRUE(accepted) << rule.name << " has no accepted row: add one to tests/validation/*_cases.cc";
    EXPECT_TRUE(denied) << rule.name << " has no denied row: add one to tests/validation/*_cases.cc";
  }
}

TEST(RuleTableTest, EveryServiceRuleHasAnAcceptedAndADeniedRow) {
  expect_every_rule(inference_service_rules(), service_cases());
}

TEST(RuleTableTest, EveryRuntimeRuleHasAnAcceptedAndADeniedRow) {
  expect_every_rule(serving_runtime_rules(), runtime_cases());
}

TEST(ScalingMetrics, OfKedaNameTheAnnotationThatTheyNeed) {
  for (const char* type : {"PodMetric", "External"}) {
    const Case c{
        "", "",
        service({.predictor = model() + R"(, "autoScaling": {"metrics": [{"type": ")" + type + R"("}]})"})};
    const auto catalog = make_catalog(c.catalog);
    const Document document(c.object);
    EXPECT_THAT(prose(validate_service(c, document, *catalog)),
                testing::HasSubstr("needs the annotation serving.kserve.io/autoscalerClass: keda"));
  }
}

TEST(RuleTableTest, NamesAreUniqueWithinAKind) {
  for (const auto& rules : {inference_service_rules(), serving_runtime_rules()}) {
    std::set<std::string_view> names;
    for (const RuleInfo& rule : rules) EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
  }
}

TEST(RuleTableTest, ARuleOfBothKindsIsTheSameInBoth) {
  for (const RuleInfo& a : inference_service_rules()) {
    for (const RuleInfo& b : serving_runtime_rules()) {
      if (a.name != b.name) continue;
      EXPECT_EQ(a.origin, b.origin) << a.name;
      EXPECT_EQ(a.ratchet, b.ratchet) << a.name;
    }
  }
}

TEST(RuleTableTest, RulesAboutAChangeDoNotRatchet) {
  EXPECT_EQ(ratchet_of("deployment-mode-change"), Ratchet::kTransition);
  EXPECT_EQ(ratchet_of("predictor-name-change"), Ratchet::kTransition);
  EXPECT_EQ(ratchet_of("worker-spec-stays"), Ratchet::kTransition);
  EXPECT_EQ(ratchet_of("limits"), Ratchet::kRatchets);
  EXPECT_EQ(ratchet_of("no such rule"), Ratchet::kRatchets);
}

}  // namespace
}  // namespace modelgate::validation
