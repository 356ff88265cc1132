// SPDX-License-Identifier: Apache-2.0
//
// Whatever a file contains, no command prints a control or directional character. (The doctor's report has its
// own test.)
#include "tests/hostile_text.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "cli/offline/explain.h"
#include "cli/offline/review.h"
#include "spec/json_text.h"
#include "tests/cli/temporary_file.h"

namespace modelgate::cli {
namespace {

/// JSON, which YAML includes: `invalid` with each text of the user's, `valid` with those that are admitted.
std::string invalid(const std::string& q) {
  return R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","metadata":{"name":)" + q +
         R"(,"labels":{)" + q + ":" + q + R"(}},"spec":{)" + q + R"(:1,"predictor":{"scaleMetric":)" + q +
         R"(,"model":{"modelFormat":{"name":)" + q + R"(},"runtime":)" + q + R"(,"storageUri":)" + q +
         R"(,"protocolVersion":)" + q + R"(,"env":[{"name":)" + q + R"(}]},"containers":[{"name":)" + q +
         "}]}}}";
}
std::string valid(const std::string& q) {
  return R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","metadata":{"name":"m","annotations":{"a/b":)" +
         q +
         R"(}},"spec":{"predictor":{"model":{"modelFormat":{"name":"sklearn"},"storageUri":"s3://b/m","args":[)" +
         q + R"(],"env":[{"name":"A","value":)" + q +
         R"(}]}},"transformer":{"containers":[{"name":"t","image":"i","args":[)" + q + "]}]}}}";
}
std::string wrong_types(const std::string& q) {
  return R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","metadata":{"name":"m"},"spec":{"predictor":{"nodeSelector":{)" +
         q + R"(:1},"minReplicas":)" + q + "}}}";
}
std::string secret(const std::string& q) {
  return R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":)" + q + R"(,"namespace":)" + q + "}}";
}
std::string unreadable(const std::string& q) {
  return "{" + q + ":1," + q + ":2}";
}

void expect_safe(const std::string& text, std::string_view what) {
  EXPECT_EQ(raw_character(text, true), "") << what << ": " << text;
}

TEST(HostileText, IsNotPrinted) {
  for (const std::string& hostile : hostile_texts()) {
    std::string quoted;
    spec::append_json(hostile, quoted);
    for (const auto& [object, name] :
         {std::pair(&invalid, "invalid"), std::pair(&valid, "valid"), std::pair(&wrong_types, "wrong types"),
          std::pair(&secret, "secret"), std::pair(&unreadable, "unreadable")}) {
      const TemporaryFile file(object(quoted));
      for (const Format format : {Format::kYaml, Format::kJson, Format::kDiff}) {
        ReviewOptions options;
        options.input.files = {file.path()};
        options.format = format;
        options.render = object == &valid;
        options.pods = object == &valid;
        std::ostringstream out;
        std::ostringstream err;
        review(options, out, err);
        expect_safe(out.str(), name);
        expect_safe(err.str(), name);
      }
      ExplainOptions options;
      options.input.files = {file.path()};
      std::ostringstream out;
      std::ostringstream err;
      explain(options, out, err);
      expect_safe(out.str(), name);
      expect_safe(err.str(), name);
    }
  }
}

TEST(HostileText, DoesNotChangeTheLineOfAnError) {
  const TemporaryFile file(
      "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: m}\nspec:\n"
      "  \"a\\e\\nfake: ok\": 1\n  predictor: {model: {modelFormat: {name: sklearn}}}\n");
  ReviewOptions options;
  options.input.files = {file.path()};
  std::ostringstream out;
  std::ostringstream err;
  review(options, out, err);
  EXPECT_TRUE(err.str().contains(file.path() + ":5: spec.a\\x1b\\nfake: ok: Unknown field")) << err.str();
}

}  // namespace
}  // namespace modelgate::cli
