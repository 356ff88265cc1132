// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "spec/json.h"
#include "spec/json_text.h"

namespace modelgate::yaml {
namespace {

using spec::Arena;
using spec::Value;

/// The documents as one JSON list in canonical form, or the error.
std::string read(std::string_view text) {
  const auto documents = read_yaml(text);
  if (!documents) return "line " + std::to_string(documents.error().line) + ": " + documents.error().message;
  std::string list = "[";
  for (const YamlDocument& document : *documents) list += (list.size() > 1 ? "," : "") + document.json;
  Arena arena;
  const auto value = spec::parse_json(list + "]", arena);
  return value ? spec::to_canonical_json(*value) : "not JSON: " + value.error().message + ": " + list;
}

// The recordings of kubectl.

struct Recorded {
  std::string name;
  std::string text;
  std::string want;  // canonical; empty if kubectl rejects it
};
void PrintTo(const Recorded& r, std::ostream* os) {
  *os << r.name;
}

/// tests/yaml/kubectl_yaml.jsonl, written by record_yaml.py.
std::vector<Recorded> recorded() {
  std::ifstream in(MODELGATE_SOURCE_DIR "/tests/yaml/kubectl_yaml.jsonl");
  std::vector<Recorded> out;
  std::string line;
  std::getline(in, line);  // the version of kubectl
  while (std::getline(in, line)) {
    Arena arena;
    const auto record = spec::parse_json(line, arena);
    if (!record) throw std::runtime_error("kubectl_yaml.jsonl: " + record.error().message);
    const Value* want = spec::find(*record, "want");
    out.push_back({std::string(spec::text_of(*spec::find(*record, "name"))),
                   std::string(spec::text_of(*spec::find(*record, "text"))),
                   want ? spec::to_canonical_json(*want) : ""});
  }
  return out;
}

/// Cases in which kubectl drops data without notice, and our line of the error.
const std::map<std::string, int> kStricter = {
    {"a duplicate key", 7}, {"text after the end", 7}, {"a line outside of documents", 5}};

class AsKubectl : public testing::TestWithParam<Recorded> {};

TEST_P(AsKubectl, Reads) {
  const Recorded& r = GetParam();
  const auto documents = read_yaml(r.text);
  if (const auto stricter = kStricter.find(r.name); stricter != kStricter.end()) {
    ASSERT_FALSE(documents);
    EXPECT_EQ(documents.error().line, stricter->second);
  } else if (r.want.empty()) {
    ASSERT_FALSE(documents) << read(r.text);
    EXPECT_GE(documents.error().line, 1);
  } else {
    EXPECT_EQ(read(r.text), r.want);
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, AsKubectl, testing::ValuesIn(recorded()), [](const auto& info) {
  std::string name;
  for (const char c : info.param.name) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(Yaml, HasARecordingForEachStricterCase) {
  for (const auto& [name, line] : kStricter) {
    EXPECT_TRUE(std::ranges::any_of(recorded(), [&](const Recorded& r) { return r.name == name; })) << name;
  }
}

// Our limits.

std::string repeat(std::string_view s, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += s;
  return out;
}

TEST(YamlLimit, Bytes) {
  EXPECT_TRUE(read_yaml("a" + std::string(kMaxYamlBytes - 1, ' ')));
  EXPECT_FALSE(read_yaml("a" + std::string(kMaxYamlBytes, ' ')));
}

TEST(YamlLimit, Values) {
  EXPECT_TRUE(read_yaml(repeat("- a\n", kMaxYamlValues - 1)));
  const auto more = read_yaml(repeat("- a\n", kMaxYamlValues));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().line, static_cast<int>(kMaxYamlValues));
}

TEST(YamlLimit, Depth) {
  const auto nested = [](std::size_t n) { return repeat("[", n) + repeat("]", n); };
  EXPECT_TRUE(read_yaml(nested(kMaxYamlDepth)));
  EXPECT_FALSE(read_yaml(nested(kMaxYamlDepth + 1)));
  EXPECT_FALSE(read_yaml(nested(100'000)));
  EXPECT_FALSE(read_yaml(repeat("- ", 100'000)));
}

TEST(YamlLimit, AliasesThatMultiply) {
  const auto bomb = [](int levels) {
    std::string text = "a0: &a0 [" + repeat("x,", 8) + "x]\n";
    for (int i = 1; i < levels; ++i) {
      const std::string before = "*a" + std::to_string(i - 1);
      text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeat(before + ",", 8) + before +
              "]\n";
    }
    return text;
  };
  EXPECT_TRUE(read_yaml(bomb(4)));
  EXPECT_FALSE(read_yaml(bomb(20)));
}

TEST(YamlLimit, AliasesThatNest) {
  const auto chain = [](int length) {
    std::string text = "a0: &a0 [x]\n";
    for (int i = 1; i < length; ++i) {
      text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
    }
    return text;
  };
  EXPECT_TRUE(read_yaml(chain(40)));
  EXPECT_FALSE(read_yaml(chain(20'000)));
}

// Errors and lines.

struct ErrorCase {
  const char* name;
  std::string text;
  int line;
};
void PrintTo(const ErrorCase& c, std::ostream* os) {
  *os << c.name;
}

class YamlErrorLine : public testing::TestWithParam<ErrorCase> {};

TEST_P(YamlErrorLine, IsReported) {
  const auto documents = read_yaml(GetParam().text);
  ASSERT_FALSE(documents) << read(GetParam().text);
  EXPECT_EQ(documents.error().line, GetParam().line) << documents.error().message;
}

INSTANTIATE_TEST_SUITE_P(Errors, YamlErrorLine,
                         testing::Values(ErrorCase{"DuplicateKey", "a: 1\nb:\n  c: 1\n  c: 2\n", 4},
                                         ErrorCase{"DuplicateOfAKeyThatIsANumber", "1: a\n'1': b\n", 2},
                                         ErrorCase{"DuplicateKeyInJson", "{\n\"a\": 1,\n\"a\": 2}", 1},
                                         ErrorCase{"InASecondDocument", "a: 1\n---\nb: [\n", 4},
                                         ErrorCase{"UnknownAnchor", "a: 1\nb: *x\n", 2},
                                         ErrorCase{"Tab", "a:\n  b: 1\n\tc: 2\n", 3},
                                         ErrorCase{"NotUtf8", "a: \xff\n", 1},
                                         ErrorCase{"ControlCharacter", "a: 1\nb: \x01\n", 2},
                                         ErrorCase{"NotANumber", "a: 1\nb: .nan\n", 2},
                                         ErrorCase{"MergeOfText", "a: 1\nb:\n  <<: x\n", 3},
                                         ErrorCase{"OldEscape", "a: \"\\_\"\n", 1},
                                         ErrorCase{"JsonCutShort", "{\"a\": 1,\n", 1},
                                         ErrorCase{"Directive", "# x\n%YAML 1.1\n---\na: 1\n", 2},
                                         ErrorCase{"TextBehindSeparator", "a: 1\n--- b\n", 2}),
                         [](const auto& info) { return info.param.name; });

constexpr std::string_view kDocument =
    "# a comment\n"                                  // 1
    "metadata:\n"                                    // 2
    "  labels: {a: b, app.kubernetes.io/name: c}\n"  // 3
    "spec:\n"                                        // 4
    "  base: &base\n"                                // 5
    "    cpu: 1\n"                                   // 6
    "  containers:\n"                                // 7
    "  - name: one\n"                                // 8
    "    env:\n"                                     // 9
    "    - name: A\n"                                // 10
    "  - name: two\n"                                // 11
    "    resources:\n"                               // 12
    "      limits:\n"                                // 13
    "        <<: *base\n"                            // 14
    "        nvidia.com/gpu: 1\n";                   // 15

struct LineCase {
  const char* name;
  const char* path;
  int line;
  bool exact;
};
void PrintTo(const LineCase& c, std::ostream* os) {
  *os << c.name;
}

class YamlLine : public testing::TestWithParam<LineCase> {};

TEST_P(YamlLine, IsFound) {
  const auto documents = read_yaml(kDocument);
  ASSERT_TRUE(documents);
  const YamlLines& lines = documents->at(0).lines;
  EXPECT_EQ(lines.at(GetParam().path), GetParam().line);
  EXPECT_EQ(lines.exactly_at(GetParam().path), GetParam().exact ? GetParam().line : 0);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, YamlLine,
    testing::Values(LineCase{"Root", "", 2, true}, LineCase{"Member", "spec.containers", 7, true},
                    LineCase{"Key", "metadata.labels[app.kubernetes.io/name]", 3, true},
                    LineCase{"Element", "spec.containers[1]", 11, true},
                    LineCase{"Deep", "spec.containers[0].env[0].name", 10, true},
                    LineCase{"KeyWithDots", "spec.containers[1].resources.limits[nvidia.com/gpu]", 15, true},
                    LineCase{"Merged", "spec.containers[1].resources.limits[cpu]", 6, true},
                    LineCase{"MissingMember", "spec.containers[0].image", 8, false},
                    LineCase{"MissingElement", "spec.containers[7].image", 7, false},
                    LineCase{"MissingAll", "status.url", 2, false}),
    [](const auto& info) { return info.param.name; });

TEST(YamlLines, CountFromTheFilesFirstLine) {
  const auto documents = read_yaml("a: 1\n---\n\nb: 2\n---\nc:\n  d: 3\n");
  ASSERT_TRUE(documents);
  ASSERT_EQ(documents->size(), 3U);
  EXPECT_EQ((*documents)[1].line, 4);
  EXPECT_EQ((*documents)[2].lines.at("c.d"), 7);
}

TEST(YamlDocuments, RetainTheOrderOfMembers) {
  const auto documents = read_yaml("z: 1\na: {x: 1, b: 2}\n");
  ASSERT_TRUE(documents);
  EXPECT_EQ(documents->at(0).json, R"({"z":1,"a":{"x":1,"b":2}})");
}

}  // namespace
}  // namespace modelgate::yaml
