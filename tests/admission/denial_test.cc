// SPDX-License-Identifier: Apache-2.0
#include "admission/denial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "validation/validation.h"

namespace modelgate::admission {
namespace {

using spec::FieldErrors;
using spec::FieldPath;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Response deny_for(const std::vector<std::string_view>& rules) {
  FieldErrors errors;
  for (const std::string_view rule : rules) {
    errors.begin_rule(rule, true);
    errors.add(spec::forbidden(FieldPath{} / "spec", "no"));
  }
  return deny(Review{}, errors);
}

TEST(Denial, ListsEachRuleOnceForTheAuditLog) {
  EXPECT_THAT(deny_for({"ports", "mounts", "ports"}).audit_annotations,
              ElementsAre(Pair("denied-by", "ports,mounts")));
  EXPECT_THAT(deny_for({}).audit_annotations, IsEmpty());
}

TEST(Denial, ListsARuleWhoseNameIsPartOfAnother) {
  EXPECT_THAT(deny_for({"blocked-env", "env", "storage-uris", "storage-uri"}).audit_annotations,
              ElementsAre(Pair("denied-by", "blocked-env,env,storage-uris,storage-uri")));
}

TEST(Denial, ListsEveryRule) {
  std::vector<std::string_view> names;
  std::string expected;
  for (const validation::RuleInfo& rule : validation::inference_service_rules()) names.push_back(rule.name);
  std::ranges::sort(names, std::ranges::greater{}, &std::string_view::size);
  for (const std::string_view name : names) expected += (expected.empty() ? "" : ",") + std::string(name);
  EXPECT_THAT(deny_for(names).audit_annotations, ElementsAre(Pair("denied-by", expected)));
}

}  // namespace
}  // namespace modelgate::admission
