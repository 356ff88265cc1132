// SPDX-License-Identifier: Apache-2.0
//
// Applying the same manifest again, in any way, changes nothing: each example and each recorded case, in our
// settings and in the compatible ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/defaulting/recorded.h"
#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;

struct Settings {
  const char* name;
  void (*change)(spec::Configuration&);
};

constexpr Settings kSettings[] = {
    {"OurOwn", [](spec::Configuration&) {}},
    {"Compatible", make_compatible},
    {"NothingMounted", [](spec::Configuration& c) { c.security.auto_mount_service_account_token = false; }},
    {"Deferred",
     [](spec::Configuration& c) {
       c.modelgate.runtime_selection = spec::ModelgateConfiguration::RuntimeSelection::kDefer;
     }},
};

/// Lists whose elements server-side apply merges by key, and the key.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kMapLists = {
    {{"containers", "name"}, {"initContainers", "name"}, {"env", "name"}, {"volumes", "name"}}};

/// The API server denies to apply a list with a key twice.
bool repeats_a_key(const Value& v, std::string_view name) {
  if (v.IsObject()) {
    return std::any_of(v.MemberBegin(), v.MemberEnd(),
                       [](const auto& m) { return repeats_a_key(m.value, spec::text_of(m.name)); });
  }
  if (!v.IsArray()) return false;
  const auto key = std::ranges::find(kMapLists, name, &std::pair<std::string_view, std::string_view>::first);
  for (auto a = v.Begin(); a != v.End(); ++a) {
    if (repeats_a_key(*a, "")) return true;
    const auto same = [&](const Value& b) {
      return key != kMapLists.end() && spec::equal(spec::find(*a, key->second), spec::find(b, key->second));
    };
    if (std::any_of(a + 1, v.End(), same)) return true;
  }
  return false;
}

void server_side_merge(Value& target, const Value& applied, std::string_view name, spec::Arena& arena) {
  const auto key = std::ranges::find(kMapLists, name, &std::pair<std::string_view, std::string_view>::first);
  if (applied.IsArray() && target.IsArray() && key != kMapLists.end()) {
    for (const Value& element : applied.GetArray()) {
      auto same = std::find_if(target.Begin(), target.End(), [&](const Value& t) {
        return spec::equal(spec::find(t, key->second), spec::find(element, key->second));
      });
      if (same == target.End()) {
        target.PushBack(spec::clone(element, arena), arena);
      } else {
        server_side_merge(*same, element, "", arena);
      }
    }
    return;
  }
  if (!applied.IsObject() || !target.IsObject()) {
    target = spec::clone(applied, arena);
    return;
  }
  for (const auto& m : applied.GetObject()) {
    const std::string_view k = spec::text_of(m.name);
    if (!spec::find(target, k)) {
      spec::set_member(target, k, spec::clone(m.value, arena), arena);
    } else {
      server_side_merge(*spec::find(target, k), m.value, k, arena);
    }
  }
}

void expect_no_change(World& world, const Value& manifest, const std::string& what) {
  const Value stored = world.create(manifest);
  const std::string want = spec::to_canonical_json(stored);
  const auto expect_same = [&](const Value& got, const char* how) {
    EXPECT_EQ(want, spec::to_canonical_json(got)) << what << ", " << how;
  };
  expect_same(world.update(stored, stored), "the stored object itself");
  EXPECT_EQ(0U, world.operations()) << what;
  expect_same(world.apply(manifest, stored), "kubectl apply");
  expect_same(world.update(manifest, stored), "kubectl replace");
  if (!repeats_a_key(manifest, "")) {
    Value merged = spec::clone(stored, world.arena());
    server_side_merge(merged, manifest, "", world.arena());
    expect_same(world.update(merged, stored), "server-side apply");
  }
}

class Again : public testing::TestWithParam<Settings> {};

TEST_P(Again, Examples) {
  World world(catalog_with(GetParam().change));
  std::size_t seen = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(MODELGATE_SOURCE_DIR) / "deploy/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    for (const Value& document : world.documents(text.str())) {
      if (text_at(document, "kind") != "InferenceService") continue;
      ++seen;
      expect_no_change(world, document, entry.path().filename());
    }
  }
  EXPECT_GT(seen, 20U);
}

TEST_P(Again, RecordedCases) {
  const auto cases = recorded_cases();
  if (cases.empty()) GTEST_SKIP() << "no recorded answers beside the source tree";
  World world(recorded_catalog(GetParam().change));
  for (const std::string& line : cases) {
    const Value c = world.yaml(line);
    expect_no_change(world, *spec::find(c, "object"), text_at(c, "id"));
  }
}

/// Objects created under KServe: its status, none of our records.
TEST_P(Again, RecordedStates) {
  const auto cases = recorded_cases();
  if (cases.empty()) GTEST_SKIP() << "no recorded answers beside the source tree";
  World world(recorded_catalog(GetParam().change));
  for (const std::string& line : cases) {
    const Value c = world.yaml(line);
    const Value* old = spec::find(c, "oldObject");
    if (!old) continue;
    const Value first = world.update(*spec::find(c, "object"), *old);
    const Value second = world.update(first, first);
    EXPECT_EQ(spec::to_canonical_json(first), spec::to_canonical_json(second)) << text_at(c, "id");
    EXPECT_EQ(0U, world.operations()) << text_at(c, "id");
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, Again, testing::ValuesIn(kSettings),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::defaulting
