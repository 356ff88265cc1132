// SPDX-License-Identifier: Apache-2.0
//
// Adding a variable to a container that has one of the same name, or none.
#include "workload/objects/env.h"

#include <gtest/gtest.h>

namespace modelgate::workload {
namespace {

struct Case {
  const char* name;
  const char* container;
  EnvVar added;
  SameName rule;
  const char* env;  // of the container afterwards
};

class AddEnv : public testing::TestWithParam<Case> {};

TEST_P(AddEnv, FollowsTheRule) {
  const Case& c = GetParam();
  spec::Arena arena;
  spec::Value container = *spec::parse_json(c.container, arena);
  add_env(container, c.added, c.rule, arena);
  EXPECT_EQ(spec::to_json(*spec::find(container, "env")), c.env);
}

const EnvVar kValue{.name = "A", .value = "2"};
const EnvVar kReference{.name = "A", .value = {}, .from = SecretKey{"s", "k"}};
constexpr const char* kWithValue =
    R"({"env":[{"name":"A","value":"1"},{"name":"B"},{"name":"A","value":"3"}]})";
constexpr const char* kWithSource = R"({"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"x"}}}]})";

INSTANTIATE_TEST_SUITE_P(
    All, AddEnv,
    testing::Values(
        Case{"NoList", "{}", kValue, SameName::kReplace, R"([{"name":"A","value":"2"}])"},
        Case{"EmptyValue", "{}", {.name = "A", .value = ""}, SameName::kAppend, R"([{"name":"A"}])"},
        Case{"Reference", "{}", kReference, SameName::kRetain,
             R"([{"name":"A","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}])"},
        Case{"Append", kWithSource, kValue, SameName::kAppend,
             R"([{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"x"}}},{"name":"A","value":"2"}])"},
        Case{"Retain", kWithSource, kValue, SameName::kRetain,
             R"([{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"x"}}}])"},
        Case{"ReplaceTheFirst", kWithValue, kValue, SameName::kReplace,
             R"([{"name":"A","value":"2"},{"name":"B"},{"name":"A","value":"3"}])"},
        Case{"ReplaceTheSource", kWithSource, kValue, SameName::kReplace, R"([{"name":"A","value":"2"}])"},
        Case{"SetValueRetainsTheSource", kWithSource, kValue, SameName::kSetValue,
             R"([{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"x"}},"value":"2"}])"},
        Case{"SetValueToAReference", R"({"env":[{"name":"A","value":"1"}]})", kReference, SameName::kSetValue,
             R"([{"name":"A"}])"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace modelgate::workload
