// SPDX-License-Identifier: Apache-2.0
//
// Whole objects, for features that KServe's recordings do not cover: each folder of golden/ has an input (runtimes,
// a service, settings) and the expected objects; see golden/README.md. tests/cluster/test_golden_children.py applies
// them to a real API server. The environment variable MODELGATE_UPDATE_GOLDEN updates the expected objects.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "deploy/builtin.h"
#include "spec/catalog.h"
#include "spec/view.h"
#include "tests/first_difference.h"
#include "workload/children/build_wanted.h"
#include "yaml/yaml.h"
#include "yaml/yaml_writer.h"

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

/// Writes the objects, with the comment lines that the file begins with.
void update(const fs::path& file, const std::vector<WantedObject>& objects) {
  std::string text;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line) && line.starts_with('#');) text += line + "\n";
  for (const WantedObject& o : objects) text += "---\n" + yaml::to_yaml(o.object);
  std::ofstream(file) << text;
}

TEST_P(Golden, IsWhatIsBuilt) {
  const auto catalog = read_input();
  const Wanted wanted = build_wanted(
      service_, {.catalog = *catalog, .ready = ready(), .virtual_services = virtual_services_}, arena_);
  for (const Problem& p : wanted.problems) EXPECT_EQ(p.kind, Problem::Kind::kNotice) << p.text;
  const fs::path file = GetParam() / "objects.yaml";
  if (std::getenv("MODELGATE_UPDATE_GOLDEN")) update(file, wanted.objects);
  const std::vector<Value> expected = read_file(file, arena_);
  std::vector<std::string> built_names, expected_names;
  for (const WantedObject& o : wanted.objects) built_names.push_back(name_of(o.object));
  for (const Value& o : expected) expected_names.push_back(name_of(o));
  ASSERT_EQ(expected_names, built_names) << file << ": MODELGATE_UPDATE_GOLDEN=1 writes what was built";
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(spec::first_difference(expected[i], wanted.objects[i].object), "")
        << file << ": " << expected_names[i] << "; MODELGATE_UPDATE_GOLDEN=1 writes what was built";
  }
}

std::vector<fs::path> cases() {
  std::vector<fs::path> out;
  for (const auto& entry :
       fs::directory_iterator(fs::path(MODELGATE_SOURCE_DIR) / "tests/workload/children/golden")) {
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
