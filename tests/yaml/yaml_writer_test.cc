// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "deploy/builtin.h"
#include "spec/json.h"
#include "yaml/yaml.h"

namespace modelgate::yaml {
namespace {

struct Case {
  const char* name;
  std::string json;
  std::string yaml;  // as `kubectl -o yaml` prints it, but for the order of members and folding
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

class Writing : public testing::TestWithParam<Case> {};

TEST_P(Writing, IsReadBack) {
  spec::Arena arena;
  const auto value = spec::parse_json(GetParam().json, arena);
  ASSERT_TRUE(value) << value.error().message;
  const std::string text = to_yaml(*value);
  EXPECT_EQ(text, GetParam().yaml);
  const auto again = read_yaml(text);
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_EQ(again->size(), 1U);
  const auto value_again = spec::parse_json(again->at(0).json, arena);
  ASSERT_TRUE(value_again);
  EXPECT_TRUE(spec::equal(*value, *value_again)) << again->at(0).json;
}

INSTANTIATE_TEST_SUITE_P(
    Values, Writing,
    testing::Values(
        Case{"Members", R"({"b":1,"a":{"d":true,"c":1.5}})", "b: 1\na:\n  d: true\n  c: 1.5\n"},
        Case{"Lists", R"({"a":[1,[2,3],{"b":1,"c":[4]}]})", "a:\n- 1\n- - 2\n  - 3\n- b: 1\n  c:\n  - 4\n"},
        Case{"Empty", R"({"a":{},"b":[],"c":""})", "a: {}\nb: []\nc: \"\"\n"},
        Case{"ListAtTheRoot", R"(["a",{"b":1}])", "- a\n- b: 1\n"},
        Case{"NullElement", R"({"a":[null]})", "a:\n- null\n"},
        Case{"Words", R"(["yes","n","null","~","1","1.10","0o17","1_000",".inf","<<","2024-01-01","1:30"])",
             "- \"yes\"\n- \"n\"\n- \"null\"\n- \"~\"\n- \"1\"\n- \"1.10\"\n- \"0o17\"\n- \"1_000\"\n- "
             "\".inf\"\n- \"<<\"\n- \"2024-01-01\"\n- \"1:30\"\n"},
        Case{"PlainText",
             R"(["1Gi","100m","a b","http://a:80/b#c","--x={{.Name}}","-1m","a:b","1.2.3","it's"])",
             "- 1Gi\n- 100m\n- a b\n- http://a:80/b#c\n- --x={{.Name}}\n- -1m\n- a:b\n- 1.2.3\n- it's\n"},
        Case{
            "Indicators",
            R"(["a: b","a #b","#a","*a","&a","!a","%a","@a","`a","{a}","[a]","- a","? a","'a","a:"," a","a "])",
            "- 'a: b'\n- 'a #b'\n- '#a'\n- '*a'\n- '&a'\n- '!a'\n- '%a'\n- '@a'\n- '`a'\n- '{a}'\n- '[a]'\n- "
            "'- "
            "a'\n- '? a'\n- '''a'\n- 'a:'\n- ' a'\n- 'a '\n"},
        Case{"Keys", R"({"yes":1,"a: b":2,"":3,"nvidia.com/gpu":4,"a\nb":5})",
             "\"yes\": 1\n'a: b': 2\n\"\": 3\nnvidia.com/gpu: 4\n\"a\\nb\": 5\n"},
        Case{"Blocks", R"({"a":"x\ny","b":"x\ny\n","c":"x\n\n","d":" x\ny","e":"x\n\n  y\n"})",
             "a: |-\n  x\n  y\nb: |\n  x\n  y\nc: |+\n  x\n\nd: |2-\n   x\n  y\ne: |\n  x\n\n    y\n"},
        Case{"BlockInAList", R"({"a":[{"b":"x\ny"},"x\ny"]})", "a:\n- b: |-\n    x\n    y\n- |-\n  x\n  y\n"},
        Case{"NoBlock", R"(["a \nb","a\tb\n","a\r\n"])", "- \"a \\nb\"\n- \"a\\tb\\n\"\n- \"a\\r\\n\"\n"},
        Case{"Unprintable", R"(["\u0001","\u007f","\u2028","\ufeff","\ud83d\ude00","é","\u00a0"])",
             "- \"\\x01\"\n- \"\\x7F\"\n- \"\\u2028\"\n- \"\\uFEFF\"\n- \"\\U0001F600\"\n- é\n- \xC2\xA0\n"},
        Case{"LargeNumbers", R"([9223372036854775807,-1,1e21,0.000001])",
             "- 9223372036854775807\n- -1\n- 1e+21\n- 1e-06\n"},
        Case{"Text", R"("a")", "a\n"}),
    [](const auto& info) { return info.param.name; });

TEST(Writing, OfEveryBuiltInManifestReadsBack) {
  for (const BuiltinManifest& manifest : builtin_manifests()) {
    spec::Arena arena;
    const auto documents = read_yaml(manifest.text);
    ASSERT_TRUE(documents) << manifest.name;
    const auto value = spec::parse_json(documents->at(0).json, arena);
    ASSERT_TRUE(value) << manifest.name;
    const auto again = read_yaml(to_yaml(*value));
    ASSERT_TRUE(again) << manifest.name << ": " << again.error().message;
    const auto value_again = spec::parse_json(again->at(0).json, arena);
    ASSERT_TRUE(value_again) << manifest.name;
    EXPECT_TRUE(spec::equal(*value, *value_again)) << manifest.name;
  }
}

}  // namespace
}  // namespace modelgate::yaml
