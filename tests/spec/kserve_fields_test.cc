// SPDX-License-Identifier: Apache-2.0
//
// The tables in schema_serving.cc have every field of KServe's API: tests/conformance/fields.json lists them, with
// their types in KServe's Python SDK. tests/deploy compares the CRDs with the same list.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "spec/json.h"
#include "spec/schema_serving.h"

namespace modelgate::spec::schema {
namespace {

constexpr const char* kList = MODELGATE_SOURCE_DIR "/tests/conformance/fields.json";

/// Compares one type of the list after the other, starting at a kind.
class Comparison {
 public:
  explicit Comparison(const Value& types) : types_(types) {}

  void compare(const std::string& path, const Type& ours, std::string_view theirs) {
    if (ours.kind == Kind::kAny) return;
    if (const std::string_view element = element_of(theirs); element != theirs) {
      ++fields_;
      ASSERT_TRUE(ours.element) << path << " is " << theirs;
      compare(path, *ours.element, element);
      return;
    }
    const Value* fields = find(types_, theirs);
    if (!fields) return compare_leaf(path, ours, theirs);
    for (const auto& m : fields->GetObject()) {
      const std::string at = fmt::format("{}.{}", path, text_of(m.name));
      const Field* field = find_field(ours, text_of(m.name));
      ++fields_;
      EXPECT_TRUE(field) << at << " is not in schema_serving.cc";
      if (field) compare(at, *field->type, text_of(*find(m.value, "type")));
    }
  }

  int fields() const { return fields_; }

 private:
  /// Of "list[X]" and "dict(str, X)".
  static std::string_view element_of(std::string_view type) {
    if (type.starts_with("list[")) return type.substr(5, type.size() - 6);
    if (type.starts_with("dict(str, ")) return type.substr(10, type.size() - 11);
    return type;
  }

  static void compare_leaf(const std::string& path, const Type& ours, std::string_view theirs) {
    if (theirs == "str") EXPECT_EQ(ours.kind, Kind::kString) << path;
    if (theirs == "bool") EXPECT_EQ(ours.kind, Kind::kBoolean) << path;
    if (theirs == "int") EXPECT_EQ(ours.kind, Kind::kInteger) << path;
    if (!theirs.starts_with("V1") || theirs.starts_with("V1alpha") || theirs.starts_with("V1beta")) return;
    EXPECT_EQ(ours.name, theirs.substr(2)) << path;  // Kubernetes' own
  }

  const Value& types_;
  int fields_ = 0;
};

TEST(KserveFields, AreAllInTheTables) {
  std::ostringstream text;
  text << std::ifstream(kList).rdbuf();
  Arena arena;
  const auto list = parse_json(text.str(), arena);
  ASSERT_TRUE(list) << kList;
  Comparison comparison(*find(*list, "types"));
  comparison.compare("InferenceService", kInferenceService, "V1beta1InferenceService");
  comparison.compare("ServingRuntime", kServingRuntime, "V1alpha1ServingRuntime");
  comparison.compare("ClusterStorageContainer", kClusterStorageContainer, "V1alpha1ClusterStorageContainer");
  EXPECT_GT(comparison.fields(), 500);
}

}  // namespace
}  // namespace modelgate::spec::schema
