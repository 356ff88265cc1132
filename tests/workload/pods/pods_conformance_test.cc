// SPDX-License-Identifier: Apache-2.0
//
// KServe v0.20's recorded answers, where they are beside the source tree: in Compatible mode the Pod means
// the same, and run over its own output the mutation changes nothing, in either mode.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "spec/quantity.h"
#include "tests/workload/pods/pod_world.h"

namespace modelgate::workload {
namespace {

using spec::Value;

const std::filesystem::path kFolder =
    std::filesystem::path(MODELGATE_SOURCE_DIR) / ".." / "shared" / "conformance";

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> cases() {
  std::vector<std::string> lines;
  std::ifstream file(kFolder / "pods.jsonl");
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool empty(const Value& v) {
  return v.IsNull() || (v.IsString() && v.GetStringLength() == 0) || (v.IsObject() && v.ObjectEmpty()) ||
         (v.IsArray() && v.Empty());
}

/// Without what is empty, and without what the server sets.
Value meaning(const Value& v, spec::Arena& arena) {
  if (v.IsObject()) {
    Value out(rapidjson::kObjectType);
    for (const auto& m : v.GetObject()) {
      Value inner = meaning(m.value, arena);
      if (empty(inner) || spec::text_of(m.name) == "status") continue;
      out.AddMember(spec::clone(m.name, arena), inner, arena);
    }
    return out;
  }
  if (!v.IsArray()) return spec::clone(v, arena);
  Value out(rapidjson::kArrayType);
  for (const Value& e : v.GetArray()) out.PushBack(meaning(e, arena), arena);
  return out;
}

std::string meaning_text(const Value& v) {
  spec::Arena arena;
  return spec::to_canonical_json(meaning(v, arena));
}

std::string cluster() {
  spec::Arena arena;
  const auto items = spec::parse_json(read_file(kFolder / "cluster.json"), arena);
  return spec::to_json(*items) + "\n---\n" + read_file(kFolder / "fixtures.yaml");
}

TEST(PodsConformance, AsKServe) {
  const auto lines = cases();
  if (lines.empty()) GTEST_SKIP() << "no recorded answers beside the source tree";
  PodWorld world(cluster(), make_compatible);
  std::size_t compared = 0;
  for (const std::string& line : lines) {
    const Value c = world.yaml(line);
    const std::string id(spec::text_of(*spec::find(c, "id")));
    const spec::ObjectView expect(spec::find(c, "expect"));
    const Mutated got = world.mutate(*spec::find(c, "object"));
    EXPECT_EQ(expect.boolean("allowed").value_or(false), got.allowed) << id << "\n" << got.error_texts;
    if (!got.allowed || !expect.field("object")) continue;
    ++compared;
    EXPECT_EQ(meaning_text(*expect.field("object")), meaning_text(got.pod)) << id;
  }
  EXPECT_GT(compared, 100U);
}

class PodsAgain : public testing::TestWithParam<bool> {};

TEST_P(PodsAgain, NothingToChange) {
  const auto lines = cases();
  if (lines.empty()) GTEST_SKIP() << "no recorded answers beside the source tree";
  const bool strict = GetParam();
  PodWorld world(cluster(), strict ? PodWorld::Change([](spec::Configuration& c) {
                   c.modelgate.validation = spec::ModelgateConfiguration::Validation::kStrict;
                 })
                                   : PodWorld::Change(make_compatible));
  std::size_t seen = 0;
  for (const std::string& line : lines) {
    const Value c = world.yaml(line);
    const Mutated once = world.mutate(*spec::find(c, "object"));
    if (!once.allowed) continue;
    ++seen;
    const Mutated again = world.mutate(once.pod);
    EXPECT_TRUE(again.allowed) << spec::text_of(*spec::find(c, "id")) << again.error_texts;
    EXPECT_EQ("[]", again.patch) << spec::text_of(*spec::find(c, "id"));
  }
  EXPECT_GT(seen, strict ? 80U : 100U);
}

INSTANTIATE_TEST_SUITE_P(Modes, PodsAgain, testing::Bool(),
                         [](const auto& info) { return info.param ? "Strict" : "Compatible"; });

}  // namespace
}  // namespace modelgate::workload
