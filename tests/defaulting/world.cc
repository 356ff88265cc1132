// SPDX-License-Identifier: Apache-2.0
#include "tests/defaulting/world.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "defaulting/written.h"
#include "deploy/builtin.h"
#include "spec/edit.h"
#include "spec/view.h"
#include "yaml/yaml.h"

namespace modelgate::defaulting {

using spec::Value;

namespace {

std::vector<Value> read_documents(std::string_view yaml, spec::Arena& arena) {
  std::vector<Value> out;
  const auto documents = yaml::read_yaml(yaml);
  if (!documents)
    throw std::runtime_error("test data, line " + std::to_string(documents.error().line) + ": " +
                             documents.error().message);
  for (const auto& d : *documents) {
    auto value = spec::parse_json(d.json, arena);
    if (!value) throw std::runtime_error("test data: " + value.error().message);
    out.push_back(std::move(*value));
  }
  return out;
}

}  // namespace

std::shared_ptr<const spec::Catalog> catalog_with(const std::function<void(spec::Configuration&)>& change,
                                                  std::string_view more_yaml) {
  spec::Arena arena;
  spec::CatalogBuilder builder;
  for (const BuiltinManifest& manifest : builtin_manifests()) {
    for (const Value& document : read_documents(manifest.text, arena)) {
      if (builder.add(document) || spec::ObjectView(document).string("kind") != "ConfigMap") continue;
      auto configuration = spec::parse_configuration(document);
      if (!configuration) throw std::runtime_error(configuration.error().front().to_string());
      if (change) change(*configuration);
      builder.set_configuration(std::move(*configuration));
    }
  }
  for (const Value& document : read_documents(more_yaml, arena)) {
    if (!builder.add(document)) throw std::runtime_error("test data: not for a catalog");
  }
  return builder.build(1);
}

std::shared_ptr<const spec::Catalog> catalog_of(std::string_view yaml) {
  spec::Arena arena;
  spec::CatalogBuilder builder;
  for (const Value& document : read_documents(yaml, arena)) {
    if (!builder.add(document)) throw std::runtime_error("test data: not for a catalog");
  }
  return builder.build(1);
}

void make_compatible(spec::Configuration& c) {
  c.modelgate.validation = spec::ModelgateConfiguration::Validation::kCompatible;
  c.modelgate.runtime_selection = spec::ModelgateConfiguration::RuntimeSelection::kDefer;
  c.modelgate.resource_defaults = false;
  c.modelgate.gpu_tolerations.clear();
}

World::World(std::shared_ptr<const spec::Catalog> catalog_in) : catalog(std::move(catalog_in)) {}

std::vector<Value> World::documents(std::string_view yaml) {
  return read_documents(yaml, arena_);
}

Value World::yaml(std::string_view yaml) {
  return std::move(documents(yaml).at(0));
}

Value World::service(std::string_view yaml_text) {
  Value object = yaml("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n");
  Value metadata = yaml("metadata: {name: m, namespace: default}");
  merge_patch(object, metadata, arena_);
  merge_patch(object, yaml(yaml_text), arena_);
  return object;
}

Value World::run(const Value& object, const Value* old) {
  Value document = spec::clone(object, arena_);
  spec::Edit edit(document, arena_);
  outcome_ = apply_defaults(edit, {.catalog = *catalog,
                                   .old_object = old,
                                   .request_namespace = "default",
                                   .managed_fields = managed_fields,
                                   .absent_runtimes = absent_runtimes});
  operations_ = edit.patch().Size();
  warnings_.clear();
  for (const spec::FieldWarning& w : outcome_.warnings) {
    EXPECT_FALSE(w.rule.empty() || w.path.empty()) << w.text;
    warnings_.push_back(w.to_string());
  }
  return document;
}

Value World::create(const Value& object) {
  return run(object, nullptr);
}
Value World::update(const Value& incoming, const Value& old) {
  return run(incoming, &old);
}

Value World::apply(const Value& manifest, const Value& stored) {
  Value merged = spec::clone(stored, arena_);
  merge_patch(merged, manifest, arena_);
  return update(merged, stored);
}

void merge_patch(Value& target, const Value& patch, spec::Arena& arena) {
  if (!patch.IsObject()) {
    target = spec::clone(patch, arena);
    return;
  }
  if (!target.IsObject()) target.SetObject();
  for (const auto& m : patch.GetObject()) {
    const std::string_view key = spec::text_of(m.name);
    if (m.value.IsNull()) {
      target.RemoveMember(m.name);
      continue;
    }
    if (!spec::find(target, key)) spec::set_member(target, key, Value(rapidjson::kNullType), arena);
    merge_patch(*spec::find(target, key), m.value, arena);
  }
}

const Value* at(const Value& root, std::string_view path) {
  const auto place = resolve(root, path);
  return place ? place->find_in(root) : nullptr;
}

std::string text_at(const Value& root, std::string_view path) {
  const Value* v = at(root, path);
  if (!v) return "-";
  return v->IsString() ? std::string(spec::text_of(*v)) : spec::to_canonical_json(*v);
}

std::string toleration_keys(const Value& root, std::string_view path) {
  std::string out;
  const std::string record = listed(root);
  const Value* list = at(root, std::string(path) + ".tolerations");
  if (!list) return "-";
  for (const Value& t : list->GetArray()) {
    const std::string_view key = spec::ObjectView(t).string("key");
    if (!out.empty()) out += ' ';
    out += key;
    const std::string start = std::string(path) + ".tolerations[key=" + std::string(key);
    if (record.find(start + ",") != std::string::npos || record.find(start + "]") != std::string::npos)
      out += '!';
  }
  return out;
}

std::string listed(const Value& root) {
  const Value* annotation = at(root, "metadata.annotations[modelgate.io/defaults]");
  if (!annotation) return "";
  spec::Arena arena;
  const auto record = spec::parse_json(spec::text_of(*annotation), arena);
  EXPECT_TRUE(record) << spec::text_of(*annotation);
  if (!record) return "";
  std::string out;
  for (const auto& m : record->GetObject()) {
    if (!out.empty()) out += '\n';
    out += spec::text_of(m.name);
  }
  return out;
}

bool warns_of(const std::vector<std::string>& warnings, std::string_view path) {
  return std::ranges::any_of(warnings, [&](const std::string& w) {
    return w.starts_with(path) && w.substr(path.size()).starts_with(": ");
  });
}

}  // namespace modelgate::defaulting
