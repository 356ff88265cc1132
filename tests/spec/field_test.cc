// SPDX-License-Identifier: Apache-2.0
#include "spec/field.h"

#include <gtest/gtest.h>

#include "spec/json.h"
#include "spec/text/utf8.h"

namespace modelgate::spec {
namespace {

TEST(FieldPath, HasTwoForms) {
  Arena arena;
  const Value root = *parse_json(R"({"spec":{"containers":[{"name":"a"},{"name":"b","env":[{"name":"X"}],
      "ports":[{"containerPort":80}],"volumeMounts":[{"mountPath":"/m"}]}],"args":["x"]},
      "metadata":{"labels":{"a/b":"c"}}})",
                                 arena);
  const FieldPath second = (FieldPath{} / "spec" / "containers")[1];
  struct Row {
    FieldPath path;
    const char* text;
    const char* pointer;
  };
  const Row rows[] = {
      {{}, "", ""},
      {second / "name", "spec.containers[1].name", "/spec/containers/1/name"},
      {(second / "env")[0], "spec.containers[1].env[0]", "/spec/containers/1/env/0"},
      {(FieldPath{} / "metadata" / "labels").key("a/b"), "metadata.labels[a/b]", "/metadata/labels/a~1b"},
  };
  for (const Row& r : rows) {
    EXPECT_EQ(r.path.to_string(), r.text);
    EXPECT_EQ(r.path.to_pointer(), r.pointer);
  }
  EXPECT_EQ(text_of(*(second / "name").find_in(root)), "b");
  EXPECT_EQ((second / "name" / "x").find_in(root), nullptr);
  EXPECT_EQ((FieldPath{} / "spec" / "containers")[2].find_in(root), nullptr);
  EXPECT_EQ((second / "name").parent().to_string(), "spec.containers[1]");
  EXPECT_EQ(FieldPath{}.parent().to_string(), "");
}

TEST(FieldPath, KnowsItsAncestors) {
  const FieldPath model = FieldPath{} / "spec" / "predictor" / "model";
  EXPECT_TRUE(model.is_at_or_below(model));
  EXPECT_TRUE((model / "runtime").is_at_or_below(model));
  EXPECT_TRUE(model.is_at_or_below({}));
  EXPECT_FALSE(model.is_at_or_below(model / "runtime"));
  EXPECT_FALSE((FieldPath{} / "spec" / "predictor" / "modelFormat").is_at_or_below(model));
  EXPECT_FALSE((FieldPath{}.key("a")).is_at_or_below(FieldPath{} / "a"));
  EXPECT_EQ(model, FieldPath{} / "spec" / "predictor" / "model");
}

TEST(FieldErrors, SayTypeValueAndWhatIsAllowed) {
  FieldErrors errors;
  errors.begin_rule("a-rule", true);
  const FieldPath p = FieldPath{} / "spec" / "x";
  constexpr std::string_view kModes[] = {"all", "request", "response"};
  errors.add(required(p, "needed"));
  errors.add(invalid(p, "a\"b\n", "must be nice"));
  errors.add(invalid(p, std::int64_t{-1}, "must be at least 0"));
  errors.add(not_supported(p, "reqest", kModes));
  errors.add(forbidden(p, "not here"));
  errors.add(duplicate(p, "twice"));
  errors.add(too_long(p, "abc", 2));
  errors.add(too_many(p, 5, 4));
  const std::pair<ErrorType, const char*> expected[] = {
      {ErrorType::kRequired, "spec.x: Required value: needed"},
      {ErrorType::kInvalid, R"(spec.x: Invalid value: "a\"b\n": must be nice)"},
      {ErrorType::kInvalid, "spec.x: Invalid value: -1: must be at least 0"},
      {ErrorType::kNotSupported,
       R"(spec.x: Unsupported value: "reqest": supported values: "all", "request", "response" (did you mean "request"?))"},
      {ErrorType::kForbidden, "spec.x: Forbidden: not here"},
      {ErrorType::kDuplicate, R"(spec.x: Duplicate value: "twice")"},
      {ErrorType::kTooLong, R"(spec.x: Too long: "abc": must be at most 2 bytes, and is 3)"},
      {ErrorType::kTooMany, "spec.x: Too many: 5: must be at most 4 items"},
  };
  ASSERT_EQ(errors.size(), std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(errors.list()[i].type, expected[i].first);
    EXPECT_EQ(errors.list()[i].to_string(), expected[i].second);
    EXPECT_EQ(errors.list()[i].rule, "a-rule");
    EXPECT_TRUE(errors.list()[i].strict_only);
  }
}

TEST(FieldErrors, KeepTheRuleThatTheyHave) {
  FieldErrors from;
  from.begin_rule("first", true);
  from.add(forbidden(FieldPath{} / "a", "no"));
  FieldErrors to;
  to.begin_rule("second", false);
  to.add(from.list().front());
  EXPECT_EQ(to.list().front().rule, "first");
  EXPECT_TRUE(to.list().front().strict_only);
}

TEST(FieldErrors, OfOurOwnRulesWarnInCompatibleMode) {
  for (const bool strict : {false, true}) {
    FieldErrors errors;
    errors.begin_rule("kserves", false);
    errors.add(forbidden(FieldPath{} / "a", "no"));
    errors.begin_rule("ours", true);
    errors.add(invalid(FieldPath{} / "b", "x", "must be y"));
    const std::vector<FieldWarning> warnings = split_by_mode(errors, strict);
    if (strict) {
      EXPECT_EQ(errors.size(), 2U);
      EXPECT_TRUE(warnings.empty());
      continue;
    }
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors.list().front().rule, "kserves");
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings.front().rule, "ours");
    EXPECT_EQ(warnings.front().path, FieldPath{} / "b");
    EXPECT_EQ(warnings.front().to_string(), R"(b: Invalid value: "x": must be y)");
  }
}

TEST(FieldWarning, ShowsAPathOnlyWhereItHasOne) {
  EXPECT_EQ((FieldWarning{.rule = "r", .text = "text"}).to_string(), "text");
  EXPECT_EQ((FieldWarning{.rule = "r", .path = FieldPath{} / "a", .text = "text"}).to_string(), "a: text");
}

TEST(FieldErrors, AreBounded) {
  FieldErrors errors;
  for (std::size_t i = 0; i < FieldErrors::kMaxErrors; ++i) errors.add(required(FieldPath{}[i], ""));
  EXPECT_EQ(errors.size(), FieldErrors::kMaxErrors);
  EXPECT_EQ(errors.dropped(), 0U);
  errors.add(required(FieldPath{} / "x", ""));
  EXPECT_EQ(errors.size(), FieldErrors::kMaxErrors);
  EXPECT_EQ(errors.dropped(), 1U);
}

TEST(FieldErrors, ShowOnlyTheStartOfALongValue) {
  const std::string shown = spec::quote(std::string(127, 'a') + "\xC3\xA9" + std::string(1000, 'b'));
  EXPECT_LT(shown.size(), 140U);
  EXPECT_TRUE(text::is_valid_utf8(shown));
  EXPECT_TRUE(shown.ends_with("...\""));
}

}  // namespace
}  // namespace modelgate::spec
