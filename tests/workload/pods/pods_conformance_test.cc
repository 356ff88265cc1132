// SPDX-License-Identifier: Apache-2.0
//
// Compares mutated Pods with KServe v0.20's recorded answers in Compatible mode. A second mutation changes
// nothing, in either mode. Uses all recordings if they are beside the repository, else the reduced set in it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "spec/quantity.h"
#include "tests/workload/pods/pod_world.h"

namespace modelgate::workload {
namespace {

using spec::Value;

namespace fs = std::filesystem;

/// See tests/conformance/recordings.py.
struct Recordings {
  fs::path folder;
  std::size_t min_pods;  // that both answers admit; a guard against an empty file
  std::size_t min_pods_of_strict;
};

const Recordings& recordings() {
  static const Recordings kRecordings = [] {
    const fs::path root(MODELGATE_SOURCE_DIR);
    const fs::path all = root / ".." / "shared" / "conformance";
    const bool has_all = fs::exists(all);
    std::cout << "Using "
              << (has_all ? "all recordings (../shared/conformance)"
                          : "the reduced set of recordings (tests/conformance/recorded)")
              << "\n";
    return has_all ? Recordings{all, 100, 80} : Recordings{root / "tests/conformance/recorded", 30, 20};
  }();
  return kRecordings;
}

std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> cases() {
  std::vector<std::string> lines;
  std::ifstream file(recordings().folder / "pods.jsonl");
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool is_empty(const Value& v) {
  return v.IsNull() || (v.IsString() && v.GetStringLength() == 0) || (v.IsObject() && v.ObjectEmpty()) ||
         (v.IsArray() && v.Empty());
}

/// Without empty values and the status.
Value meaning(const Value& v, spec::Arena& arena) {
  if (v.IsObject()) {
    Value out(rapidjson::kObjectType);
    for (const auto& m : v.GetObject()) {
      Value inner = meaning(m.value, arena);
      if (is_empty(inner) || spec::text_of(m.name) == "status") continue;
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
  const auto items = spec::parse_json(read_file(recordings().folder / "cluster.json"), arena);
  return spec::to_json(*items) + "\n---\n" + read_file(recordings().folder / "fixtures.yaml");
}

TEST(PodsConformance, AsKServe) {
  const auto lines = cases();
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
  EXPECT_GT(compared, recordings().min_pods);
}

class PodsAgain : public testing::TestWithParam<bool> {};

TEST_P(PodsAgain, NothingToChange) {
  const auto lines = cases();
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
  EXPECT_GT(seen, strict ? recordings().min_pods_of_strict : recordings().min_pods);
}

INSTANTIATE_TEST_SUITE_P(Modes, PodsAgain, testing::Bool(),
                         [](const auto& info) { return info.param ? "Strict" : "Compatible"; });

}  // namespace
}  // namespace modelgate::workload
