// SPDX-License-Identifier: Apache-2.0
//
// Objects as a whole, for what KServe's recordings do not hold: each folder of golden/ has an input
// (runtimes, a service, settings that differ from the built-in configuration) and the objects that it comes
// to, as golden/README.md tells. tests/cluster/test_golden_children.py has the API server take them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "deploy/builtin.h"
#include "spec/catalog.h"
#include "spec/view.h"
#include "workload/children/wanted.h"
#include "yaml/yaml.h"

namespace modelgate::workload {
namespace {

namespace fs = std::filesystem;
using spec::ObjectView;
using spec::Value;

std::vector<Value> read_documents(std::string_view yaml, spec::Arena& arena) {
  std::vector<Value> out;
  const auto documents = yaml::read_yaml(yaml);
  if (!documents) throw std::runtime_error(documents.error().message);
  for (const auto& d : *documents) {
    auto value = spec::parse_json(d.json, arena);
    if (!value) throw std::runtime_error(value.error().message);
    out.push_back(std::move(*value));
  }
  return out;
}

std::vector<Value> read_file(const fs::path& path, spec::Arena& arena) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return read_documents(text.str(), arena);
}

/// Keys of the configuration: JSON objects, laid over the built-in ones member by member.
void lay_over(Value& built_in, const Value& over, spec::Arena& arena) {
  Value& data = *spec::find(built_in, "data");
  for (const auto& key : over.GetObject()) {
    const std::string_view name = spec::text_of(key.name);
    const Value* before = spec::find(data, name);
    Value merged =
        before ? std::move(*spec::parse_json(spec::text_of(*before), arena)) : Value(rapidjson::kObjectType);
    const Value change = std::move(*spec::parse_json(spec::text_of(key.value), arena));
    for (const auto& m : change.GetObject())
      spec::set_member(merged, spec::text_of(m.name), spec::clone(m.value, arena), arena);
    spec::set_member(data, name, spec::make_string(spec::to_json(merged), arena), arena);
  }
}

class Golden : public ::testing::TestWithParam<fs::path> {
 protected:
  /// The catalog of a case, and its service.
  std::shared_ptr<const spec::Catalog> read_input() {
    spec::CatalogBuilder builder;
    Value configuration;
    for (const BuiltinManifest& manifest : builtin_manifests()) {
      for (Value& document : read_documents(manifest.text, arena_)) {
        if (!builder.add(document) && ObjectView(document).string("kind") == "ConfigMap")
          configuration = std::move(document);
      }
    }
    for (Value& document : read_file(GetParam() / "input.yaml", arena_)) {
      const std::string_view kind = ObjectView(document).string("kind");
      if (kind == "ConfigMap") lay_over(configuration, *spec::find(document, "data"), arena_);
      if (kind == "InferenceService") service_ = std::move(document);
      if (kind == "Cluster")
        virtual_services_ = ObjectView(document).boolean("virtualServices").value_or(false);
      const bool of_the_test = kind == "ConfigMap" || kind == "InferenceService" || kind == "Cluster";
      if (!of_the_test) EXPECT_TRUE(builder.add(document)) << kind;
    }
    auto parsed = spec::parse_configuration(configuration);
    EXPECT_TRUE(parsed.has_value());
    builder.set_configuration(std::move(*parsed));
    return builder.build(1);
  }

  /// Everything is up.
  ReadyComponents ready() const {
    ReadyComponents out{.predictor = true, .transformer = true, .explainer = true};
    for (const ObjectView& c : ObjectView(service_).object("spec").list("canary"))
      out.canaries.emplace_back(c.object("predictor").string("name"));
    return out;
  }

  spec::Arena arena_;
  Value service_;
  bool virtual_services_ = false;
};

std::string name_of(const Value& object) {
  const ObjectView view(object);
  return fmt::format("{} {}", view.string("kind"), view.object("metadata").string("name"));
}

TEST_P(Golden, IsWhatIsMade) {
  const auto catalog = read_input();
  const Wanted wanted = build_wanted(
      service_, {.catalog = *catalog, .ready = ready(), .virtual_services = virtual_services_}, arena_);
  for (const Problem& p : wanted.problems) EXPECT_EQ(p.kind, Problem::Kind::kNotice) << p.text;
  const std::vector<Value> expected = read_file(GetParam() / "objects.yaml", arena_);
  std::vector<std::string> made, told;
  for (const WantedObject& o : wanted.objects) made.push_back(name_of(o.object));
  for (const Value& o : expected) told.push_back(name_of(o));
  EXPECT_EQ(made, told);
  for (std::size_t i = 0; i < std::max(made.size(), told.size()); ++i) {
    const Value* ours = i < made.size() ? &wanted.objects[i].object : nullptr;
    const Value* theirs = i < told.size() ? &expected[i] : nullptr;
    EXPECT_TRUE(spec::equal(ours, theirs)) << "made was " << (ours ? spec::to_json(*ours) : "nothing");
  }
}

std::vector<fs::path> cases() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(fs::path(MODELGATE_SOURCE_DIR) / "tests/workload/children/golden")) {
    if (entry.is_directory()) out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

INSTANTIATE_TEST_SUITE_P(All, Golden, ::testing::ValuesIn(cases()), [](const auto& info) {
  std::string name = info.param.filename().string();
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace modelgate::workload
