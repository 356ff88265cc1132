// SPDX-License-Identifier: Apache-2.0
//
// Compares the rules of origin kKServe with what KServe v0.20 denied and admitted. The recorded cases are next
// to the repository (../shared/conformance); without them the tests are skipped. tests/conformance/run.py does
// the same with the whole webhook; this one names the wrong rule within a second.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/validation/fixture.h"

namespace modelgate::validation {
namespace {

const std::filesystem::path kRecorded = std::filesystem::path(MODELGATE_SOURCE_DIR) / "../shared/conformance";
const std::filesystem::path kReasons =
    std::filesystem::path(MODELGATE_SOURCE_DIR) / "tests/conformance/reasons.json";

/// Beside cluster.json: the namespaced runtime and the storage containers that the cases were recorded with.
constexpr std::string_view kFixtures = R"([
  {"kind": "ServingRuntime", "metadata": {"name": "custom-rt", "namespace": "default"}, "spec": {
    "supportedModelFormats": [{"name": "custom-fmt", "version": "1", "autoSelect": true, "priority": 2},
                              {"name": "sklearn", "version": "1"}],
    "protocolVersions": ["v1", "v2"],
    "containers": [{"name": "kserve-container", "image": "example.com/custom:v1"}]}},
  {"kind": "ClusterStorageContainer", "metadata": {"name": "model-registry"}, "spec": {
    "supportedUriFormats": [{"prefix": "model-registry://"}]}}
])";

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::shared_ptr<const spec::Catalog> recorded_catalog() {
  spec::CatalogBuilder builder;
  const Document cluster(read(kRecorded / "cluster.json"));
  add_all(builder, spec::to_json(*spec::find(cluster.value(), "items")));
  add_all(builder, kFixtures);
  return builder.build(1);
}

Findings validate(const spec::Value& object, const spec::Value* old, const spec::Catalog& catalog) {
  if (spec::ObjectView(object).string("kind") == "InferenceService") {
    const spec::InferenceServiceView old_view(old);
    return validate_inference_service(
        {spec::InferenceServiceView(object), old ? &old_view : nullptr, catalog, "default"});
  }
  const spec::ServingRuntimeView old_view(old);
  return validate_serving_runtime(
      {spec::ServingRuntimeView(object), old ? &old_view : nullptr, catalog, "default"});
}

bool denied_as_kserve(const Findings& found) {
  return std::ranges::any_of(found.errors, [](const spec::FieldError& e) { return !e.strict_only; });
}

/// Whether one of the errors has the path and the reason that reasons.json gives for KServe's message.
testing::AssertionResult has_reason(const Findings& found, const std::string& message,
                                    const spec::Value& reasons) {
  for (const spec::Value& row : reasons.GetArray()) {
    const spec::ObjectView r(row);
    if (!RE2::PartialMatch(message, RE2(std::string(r.string("message"))))) continue;
    const RE2 field{std::string(r.string("field"))};
    const RE2 reason{std::string(r.string("reason"))};
    for (const spec::FieldError& e : found.errors) {
      if (RE2::FullMatch(std::string(spec::reason_of(e.type)), reason) &&
          RE2::FullMatch(e.path.to_string(), field))
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << "wanted " << r.string("reason") << " at " << r.string("field");
  }
  return testing::AssertionFailure() << "no row in reasons.json";
}

class ConformanceTest : public testing::TestWithParam<const char*> {};

TEST_P(ConformanceTest, DeniesWhatKServeDenies) {
  if (!std::filesystem::exists(kRecorded / GetParam())) {
    std::cout << "no recorded cases here\n";
    return;
  }
  const auto catalog = recorded_catalog();
  const Document reasons(read(kReasons));
  std::ifstream lines(kRecorded / GetParam());
  for (std::string line; std::getline(lines, line);) {
    const Document parsed(line);
    const spec::ObjectView record(parsed.value());
    const spec::ObjectView expect = record.object("expect");
    const spec::Value* object = expect.field("object") ? expect.field("object") : record.field("object");
    const Findings found = validate(*object, record.field("oldObject"), *catalog);
    const bool allowed = expect.boolean("allowed").value_or(false);
    const std::string message(expect.string("message"));
    EXPECT_EQ(!denied_as_kserve(found), allowed) << record.string("id") << ": " << message << "\n"
                                                 << prose(found);
    if (allowed || message.starts_with("panic")) continue;
    EXPECT_TRUE(has_reason(found, message, reasons.value())) << record.string("id") << ": " << message << "\n"
                                                             << prose(found);
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, ConformanceTest,
                         testing::Values("inferenceservices.jsonl", "runtimes.jsonl"), [](const auto& param) {
                           const std::string name = param.param;
                           return name.substr(0, name.find('.'));
                         });

}  // namespace
}  // namespace modelgate::validation
