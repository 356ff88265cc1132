// SPDX-License-Identifier: Apache-2.0
#include "spec/names.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spec/json.h"

namespace modelgate::spec {
namespace {

using Check = NameProblem (*)(std::string_view);

struct Form {
  const char* name;
  Check check;
  std::vector<std::string> right;
  std::vector<std::string> wrong;
};

std::string times(std::size_t n, char c) {
  return std::string(n, c);
}

// Four times 63 bytes with dots between them: 255.
std::string subdomain(std::size_t bytes) {
  std::string name = times(63, 'a') + "." + times(63, 'b') + "." + times(63, 'c') + "." + times(63, 'd');
  name.resize(bytes);
  return name;
}

class NameFormTest : public testing::TestWithParam<Form> {};

TEST_P(NameFormTest, AcceptsValidNamesAndExplainsInvalidOnes) {
  for (const std::string& name : GetParam().right) {
    const auto problem = GetParam().check(name);
    EXPECT_FALSE(problem) << '"' << name << "\": " << problem.value_or("");
  }
  for (const std::string& name : GetParam().wrong) {
    const auto problem = GetParam().check(name);
    ASSERT_TRUE(problem) << '"' << name << '"';
    EXPECT_TRUE(problem->starts_with("must ")) << *problem;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, NameFormTest,
    testing::Values(
        Form{"dns1123_label",
             check_dns1123_label,
             {"a", "0", "a-1", "a--b", "1a", times(63, 'a')},
             {"", "A", "aB", "-a", "a-", "a.b", "a_b", "a b", "a\n", "\xC3\xA4", times(64, 'a'),
              std::string("a\0b", 3)}},
        Form{"dns1123_subdomain",
             check_dns1123_subdomain,
             {"a", "a.b", "0.1", "a-b.c-d", times(253, 'a'), subdomain(253)},
             {"", ".", "a.", ".a", "a..b", "a.-b", "a-.b", "A.b", "a_b", times(254, 'a'), subdomain(254)}},
        Form{"dns1035_label",
             check_dns1035_label,
             {"a", "a1", "a-1", times(63, 'a')},
             {"", "1a", "-a", "a-", "a.b", "A", times(64, 'a')}},
        Form{"service_form",
             check_service_form,
             {"a", "a1", "a-1", times(64, 'a')},
             {"", "1a", "a-", "a.b", "A"}},
        Form{"qualified_name",
             check_qualified_name,
             {"a", "A", "1", "a.b_c-d", "nvidia.com/gpu", "a/b", subdomain(253) + "/" + times(63, 'a')},
             {"", "/", "/a", "a/", "a/b/c", "-a", "a-", "_a", "A.com/b", "a b", "a..b/c", times(64, 'a'),
              subdomain(254) + "/a", "a/" + times(64, 'a')}},
        Form{"annotation_key",
             check_annotation_key,
             {"a", "Example.Com/Name"},
             {"", "/a", "a/", "a_b/c", "a/b/c"}},
        Form{"label_value",
             check_label_value,
             {"", "a", "A.b_c-1", times(63, 'a')},
             {"-a", "a-", "_", "a/b", "a b", "a:b", times(64, 'a')}},
        Form{"env_name",
             check_env_name,
             {"A", "1", "a.b", "a b", "~!", times(1000, 'a')},
             {"", "=", "A=B", "A\t", "\x7F", "\xC3\xA4"}},
        Form{"portable_env_name",
             check_portable_env_name,
             {"A", "_", "a.b-c", "A1", ".a", "-", "MY_VAR"},
             {"", "1A", "A B", "A=B", ".", "..", "..a", "A$"}},
        Form{"port_name",
             check_port_name,
             {"http", "h2c", "1a", "a-b", times(15, 'a')},
             {"", "80", "HTTP", "a--b", "-a", "a-", "a_b", "a.b", times(16, 'a')}},
        Form{"config_key",
             check_config_key,
             {"a", "A_b.c-d", ".a", "-", times(253, 'a')},
             {"", ".", "..", "..a", "a/b", "a b", times(254, 'a')}}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(NamesTest, ReportsTheLengthFirst) {
  EXPECT_TRUE(check_dns1123_label(times(64, 'A'))->contains("63 bytes"));
  EXPECT_TRUE(check_dns1123_subdomain(times(254, 'A'))->contains("253 bytes"));
  EXPECT_TRUE(check_port_name(times(16, 'A'))->contains("15 bytes"));
}

TEST(NamesTest, CountsTheBytesOfAMap) {
  Arena arena;
  const auto map = parse_json(R"({"a": "12", "bc": "", "d": 5})", arena);
  ASSERT_TRUE(map);
  EXPECT_EQ(map_bytes(*map), 6U);
  EXPECT_EQ(map_bytes(Value(5)), 0U);
}

}  // namespace
}  // namespace modelgate::spec
