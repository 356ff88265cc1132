// SPDX-License-Identifier: Apache-2.0
#include "spec/runtime_support.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "spec/catalog.h"
#include "spec/json.h"

namespace modelgate::spec {
namespace {

using Reason = Mismatch::Reason;

/// A runtime with these members in its spec.
std::shared_ptr<const Catalog> catalog_with(const std::string& spec) {
  Arena arena;
  const auto document = parse_json(
      R"({"kind": "ClusterServingRuntime", "metadata": {"name": "r"}, "spec": {)" + spec + "}}", arena);
  if (!document) throw std::invalid_argument(document.error().message);
  CatalogBuilder builder;
  builder.add(*document);
  return builder.build(1);
}

constexpr const char* kSklearn =
    R"("supportedModelFormats": [{"name": "sklearn", "version": "1", "autoSelect": true}, {"name": "xgboost"}],
       "protocolVersions": ["v1", "v2"])";

struct Case {
  const char* name;
  std::string runtime;
  ModelRequirement wanted;
  std::optional<Reason> named;  // nothing: it serves
  std::optional<Reason> automatic;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.runtime;
}

class MismatchTest : public testing::TestWithParam<Case> {};

std::optional<Reason> reason_for(const Runtime& runtime, const ModelRequirement& wanted, Choice choice) {
  const auto found = mismatch(runtime, wanted, choice);
  if (!found) return std::nullopt;
  EXPECT_FALSE(found->text().empty());
  EXPECT_EQ(found->runtime, &runtime);
  return found->reason;
}

TEST_P(MismatchTest, IsThatOfKServe) {
  const auto catalog = catalog_with(GetParam().runtime);
  const Runtime& runtime = catalog->cluster_runtimes().front();
  EXPECT_EQ(reason_for(runtime, GetParam().wanted, Choice::kNamed), GetParam().named);
  EXPECT_EQ(reason_for(runtime, GetParam().wanted, Choice::kAutomatic), GetParam().automatic);
}

const std::string kWorkers = std::string(kSklearn) + R"(, "workerSpec": {})";

INSTANTIATE_TEST_SUITE_P(
    Runtimes, MismatchTest,
    testing::ValuesIn(std::vector<Case>{
        {"Serves", kSklearn, {.format = "sklearn"}, {}, {}},
        {"ServesTheVersion", kSklearn, {.format = "sklearn", .version = "1"}, {}, {}},
        {"OtherVersion",
         kSklearn,
         {.format = "sklearn", .version = "1.0"},
         Reason::kVersion,
         Reason::kVersion},
        {"VersionWhereItHasNone",
         kSklearn,
         {.format = "xgboost", .version = "1"},
         Reason::kVersion,
         Reason::kVersion},
        {"OtherFormat", kSklearn, {.format = "onnx"}, Reason::kFormat, Reason::kFormat},
        {"OtherCase", kSklearn, {.format = "SKLearn"}, Reason::kFormat, Reason::kFormat},
        {"NotUnasked", kSklearn, {.format = "xgboost"}, {}, Reason::kNotAutoSelect},
        {"Protocol", kSklearn, {.format = "sklearn", .protocol = "v2"}, {}, {}},
        {"OtherProtocol",
         kSklearn,
         {.format = "sklearn", .protocol = "grpc-v2"},
         Reason::kProtocol,
         Reason::kProtocol},
        {"EmptyProtocolIsAny", kSklearn, {.format = "sklearn", .protocol = ""}, {}, {}},
        {"NoProtocolIsV1WhereItIsChosen",
         R"("supportedModelFormats": [{"name": "a", "autoSelect": true}], "protocolVersions": ["v2"])",
         {.format = "a"},
         {},
         Reason::kProtocol},
        {"EveryProtocolWhereItNamesNone",
         R"("supportedModelFormats": [{"name": "a", "autoSelect": true}])",
         {.format = "a", .protocol = "grpc-v1"},
         {},
         {}},
        {"Disabled",
         R"("disabled": true, )" + std::string(kSklearn),
         {.format = "sklearn"},
         Reason::kDisabled,
         Reason::kDisabled},
        {"ForManyModels",
         R"("multiModel": true, )" + std::string(kSklearn),
         {.format = "sklearn"},
         {},
         Reason::kMultiModel},
        {"ForOneModel", kSklearn, {.format = "sklearn", .multi_model = true}, {}, Reason::kMultiModel},
        {"Workers", kWorkers, {.format = "sklearn", .multi_node = true}, {}, {}},
        {"WorkersNotAskedFor", kWorkers, {.format = "sklearn"}, {}, Reason::kMultiNode},
        {"NoWorkers",
         kSklearn,
         {.format = "sklearn", .multi_node = true},
         Reason::kMultiNode,
         Reason::kMultiNode},
    }),
    [](const auto& param) { return param.param.name; });

TEST(RequirementTest, IsReadFromThePredictor) {
  Arena arena;
  const auto document = parse_json(
      R"({"model": {"modelFormat": {"name": "a", "version": "2"}, "protocolVersion": "v2"}, "workerSpec": {}})",
      arena);
  ASSERT_TRUE(document);
  const ModelRequirement wanted = requirement_of(PredictorView(*document));
  EXPECT_EQ(wanted.format, "a");
  EXPECT_EQ(wanted.version, "2");
  EXPECT_EQ(wanted.protocol, "v2");
  EXPECT_TRUE(wanted.multi_node);
  EXPECT_FALSE(wanted.multi_model);
}

TEST(MismatchTextTest, ListsAFewNames) {
  std::string formats;
  for (int i = 0; i < 1000; ++i)
    formats += (i > 0 ? R"(, {"name": "f)" : R"({"name": "f)") + std::to_string(i) + R"("})";
  const auto catalog = catalog_with(R"("supportedModelFormats": [)" + formats + "]");
  const auto found = mismatch(catalog->cluster_runtimes().front(), {.format = "other"}, Choice::kNamed);
  ASSERT_TRUE(found);
  EXPECT_LT(found->text().size(), 256U);
}

}  // namespace
}  // namespace modelgate::spec
