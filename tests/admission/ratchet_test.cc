// SPDX-License-Identifier: Apache-2.0
#include "admission/ratchet.h"

#include <gtest/gtest.h>

#include "spec/schema_core.h"

namespace modelgate::admission {
namespace {

using spec::Arena;
using spec::FieldErrors;
using spec::FieldPath;

struct Found {
  const char* rule;
  const char* list;  // an element of spec.<list>, or "" for spec.field
  std::size_t index;
  const char* value;
};

struct Case {
  const char* name;
  std::vector<Found> now;
  std::vector<Found> before;
  std::size_t denied;
  std::size_t warnings;
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

FieldErrors errors_of(const std::vector<Found>& found) {
  FieldErrors errors;
  for (const Found& f : found) {
    errors.begin_rule(f.rule, false);
    const FieldPath spec = FieldPath{} / "spec";
    errors.add(spec::invalid(*f.list ? (spec / f.list)[f.index] / "value" : spec / "field", f.value,
                             "must be otherwise"));
  }
  return errors;
}

class Ratchet : public testing::TestWithParam<Case> {};

TEST_P(Ratchet, DowngradesPreexistingErrors) {
  Arena arena;
  // The second element of the old list is the first of the new one.
  const spec::Value now = *spec::parse_json(R"({"spec":{"volumes":[{"name":"B"},{"name":"C"}]}})", arena);
  const spec::Value before = *spec::parse_json(R"({"spec":{"volumes":[{"name":"A"},{"name":"B"}]}})", arena);
  PreexistingErrors preexisting(before, spec::schema::kPod);
  for (const spec::FieldError& e : errors_of(GetParam().before)) EXPECT_FALSE(preexisting.keeps(e));
  NewErrors filter(preexisting, now, spec::schema::kPod);
  std::size_t denied = 0;
  for (const spec::FieldError& e : errors_of(GetParam().now)) denied += filter.keeps(e) ? 1U : 0U;
  EXPECT_EQ(denied, GetParam().denied);
  EXPECT_EQ(filter.take_warnings().size(), GetParam().warnings);
}

INSTANTIATE_TEST_SUITE_P(
    Errors, Ratchet,
    testing::Values(
        Case{"New", {{"r", "", 0, "x"}}, {}, 1, 0},
        Case{"Same", {{"r", "", 0, "x"}}, {{"r", "", 0, "x"}}, 0, 1},
        Case{"OtherValue", {{"r", "", 0, "y"}}, {{"r", "", 0, "x"}}, 1, 0},
        Case{"OtherRule", {{"s", "", 0, "x"}}, {{"r", "", 0, "x"}}, 1, 0},
        Case{"MovedInItsList", {{"r", "volumes", 0, "x"}}, {{"r", "volumes", 1, "x"}}, 0, 1},
        Case{"SameIndexOtherElement", {{"r", "volumes", 0, "x"}}, {{"r", "volumes", 0, "x"}}, 1, 0},
        Case{"OnceExcusesOnce", {{"r", "", 0, "x"}, {"r", "", 0, "x"}}, {{"r", "", 0, "x"}}, 1, 1},
        Case{"AboutAChange",
             {{"deployment-mode-change", "", 0, "x"}},
             {{"deployment-mode-change", "", 0, "x"}},
             1,
             0},
        Case{"GoneIsFine", {}, {{"r", "", 0, "x"}}, 0, 0}),
    [](const auto& i) { return i.param.name; });

}  // namespace
}  // namespace modelgate::admission
