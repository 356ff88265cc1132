// SPDX-License-Identifier: Apache-2.0
#include "tests/defaulting/recorded.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "spec/quantity.h"
#include "yaml/yaml.h"

namespace modelgate::defaulting {

using spec::Value;

namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(MODELGATE_SOURCE_DIR) / ".." / "shared" / "conformance";

constexpr std::array<std::string_view, 7> kServerSet = {
    "creationTimestamp", "uid", "resourceVersion", "generation", "managedFields", "selfLink", "status"};

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool empty(const Value& v) {
  return v.IsNull() || (v.IsString() && v.GetStringLength() == 0) || (v.IsObject() && v.ObjectEmpty()) ||
         (v.IsArray() && v.Empty());
}

Value meaning(const Value& v, std::string_view key, std::string_view parent, spec::Arena& arena) {
  if (v.IsObject()) {
    Value out(rapidjson::kObjectType);
    for (const auto& m : v.GetObject()) {
      const std::string_view k = spec::text_of(m.name);
      if ((key == "labels" || key == "annotations") && k.starts_with("modelgate")) continue;
      if ((key == "metadata" || key.empty()) && std::ranges::find(kServerSet, k) != kServerSet.end())
        continue;
      Value inner = meaning(m.value, k, key, arena);
      const bool quantity = (parent == "resources" && (key == "limits" || key == "requests")) ||
                            (key == "target" && (k == "averageValue" || k == "value"));
      if (quantity) {
        if (const auto q = spec::Quantity::parse(m.value)) inner = spec::make_string(q->canonical(), arena);
      }
      if (!empty(inner)) out.AddMember(spec::clone(m.name, arena), inner, arena);
    }
    return out;
  }
  if (v.IsArray()) {
    Value out(rapidjson::kArrayType);
    for (const Value& e : v.GetArray()) out.PushBack(meaning(e, "[]", key, arena), arena);
    return out;
  }
  return spec::clone(v, arena);
}

}  // namespace

std::vector<std::string> recorded_cases() {
  std::vector<std::string> lines;
  std::ifstream file(kFolder / "inferenceservices.jsonl");
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

std::shared_ptr<const spec::Catalog> recorded_catalog(
    const std::function<void(spec::Configuration&)>& change) {
  spec::Arena arena;
  spec::CatalogBuilder builder;
  for (const char* name : {"cluster.json", "fixtures.yaml"}) {
    const auto documents = yaml::read_yaml(read_file(kFolder / name));
    if (!documents) throw std::runtime_error(documents.error().message);
    for (const auto& d : *documents) {
      const auto value = spec::parse_json(d.json, arena);
      if (!value) throw std::runtime_error(value.error().message);
      const Value* items = spec::find(*value, "items");
      std::vector<const Value*> objects;
      if (items) {
        for (const Value& item : items->GetArray()) objects.push_back(&item);
      } else {
        objects.push_back(&*value);
      }
      for (const Value* object : objects) {
        if (builder.add(*object) || spec::text_of(*spec::find(*object, "kind")) != "ConfigMap") continue;
        auto configuration = spec::parse_configuration(*object);
        if (!configuration) throw std::runtime_error(configuration.error().front().to_string());
        change(*configuration);
        builder.set_configuration(std::move(*configuration));
      }
    }
  }
  return builder.build(1);
}

std::string meaning_text(const Value& object) {
  spec::Arena arena;
  return spec::to_canonical_json(meaning(object, "", "", arena));
}

}  // namespace modelgate::defaulting
