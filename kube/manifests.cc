// SPDX-License-Identifier: Apache-2.0

#include "kube/manifests.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "deploy/builtin.h"
#include "spec/configuration.h"
#include "spec/schema.h"
#include "spec/schema_serving.h"
#include "spec/view.h"

namespace modelgate::kube {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGroup = "serving.kserve.io/";
constexpr std::string_view kListSuffix = "List";
constexpr std::string_view kStorageContainer = "ClusterStorageContainer";

/// The kinds in a catalog.
struct CatalogKind {
  std::string_view name;
  bool namespaced;
  const spec::schema::Type* type;  // nullptr: its structure is not checked
};

constexpr CatalogKind kCatalogKinds[] = {
    {"ServingRuntime", true, &spec::schema::kServingRuntime},
    {"ClusterServingRuntime", false, &spec::schema::kServingRuntime},
    {kStorageContainer, false, &spec::schema::kClusterStorageContainer},
    {"LocalModelCache", false, nullptr},
    {"LocalModelNamespaceCache", true, nullptr},
};

const CatalogKind* catalog_kind(const spec::ObjectView& object) {
  if (!object.string("apiVersion").starts_with(kGroup)) return nullptr;
  const auto* it = std::ranges::find(kCatalogKinds, object.string("kind"), &CatalogKind::name);
  return it == std::end(kCatalogKinds) ? nullptr : it;
}

/// "" if it is not a string.
std::string_view text_at(const spec::Value& object, std::string_view member) {
  const spec::Value* value = spec::find(object, member);
  return value && value->IsString() ? spec::text_of(*value) : std::string_view();
}

std::string_view metadata(const spec::Value& object, std::string_view member) {
  const spec::Value* value = spec::find(object, "metadata");
  return value && value->IsObject() ? text_at(*value, member) : std::string_view();
}

std::string under(std::string_view prefix, std::string_view path) {
  if (prefix.empty() || path.empty()) return fmt::format("{}{}", prefix, path);
  return fmt::format("{}.{}", prefix, path);
}

}  // namespace

bool ManifestObject::has(std::string_view path) const {
  return lines && lines->exactly_at(under(prefix, path)) != 0;
}

int ManifestObject::line_of(std::string_view path) const {
  return lines ? lines->at(under(prefix, path)) : line;
}

// ------------------------------------------------------------------------------------------------ objects

namespace {

/// kubectl gives the items of an InferenceServiceList that have no kind the list's version and its kind.
void fill_in_kind(const spec::Value& list, spec::Value& item, spec::Arena& arena) {
  std::string_view kind = text_at(list, "kind");
  kind.remove_suffix(kListSuffix.size());
  if (kind.empty() || !item.IsObject() || spec::find(item, "kind")) return;
  spec::set_member(item, "kind", spec::make_string(kind, arena), arena);
  spec::set_member(item, "apiVersion", spec::make_string(text_at(list, "apiVersion"), arena), arena);
}

class Taker {
 public:
  Taker(spec::Arena& arena, Documents& out) : arena_(arena), out_(out) {}

  /// Takes an object, or the items of a List.
  void take(ManifestObject object) {
    if (!object.value.IsObject()) return fail(object, "", "must be an object with apiVersion and kind");
    const bool untyped = text_at(object.value, "apiVersion").empty();
    if (untyped) fail(object, "apiVersion", "apiVersion is missing or is not a string");
    const std::string_view kind = text_at(object.value, "kind");
    if (kind.empty()) fail(object, "kind", "kind is missing or is not a string");
    if (untyped || kind.empty()) return;
    const spec::Value* items = spec::find(object.value, "items");
    if (kind == kListSuffix && !items) {
      fail(object, "kind", "a List without items");
    } else if (!kind.ends_with(kListSuffix) || !items) {
      out_.objects.push_back(std::move(object));
    } else if (!items->IsArray()) {
      fail(object, "items", "items must be a list");
    } else if (!object.prefix.empty()) {
      fail(object, "", "a List within a List");
    } else {
      take_items(object, *items);
    }
  }

 private:
  void take_items(const ManifestObject& list, const spec::Value& items) {
    for (rapidjson::SizeType i = 0; i < items.Size(); ++i) {
      const std::string prefix = fmt::format("items[{}]", i);
      ManifestObject item{.file = list.file,
                          .line = list.line_of(prefix),
                          .value = spec::clone(items[i], arena_),
                          .lines = list.lines,
                          .prefix = prefix};
      fill_in_kind(list.value, item.value, arena_);
      take(std::move(item));
    }
  }

  void fail(const ManifestObject& object, std::string_view path, std::string message) {
    out_.errors.push_back({object.file, object.line_of(path), std::move(message)});
  }

  spec::Arena& arena_;
  Documents& out_;
};

}  // namespace

Documents read_documents(std::string_view file, std::string_view text, spec::Arena& arena) {
  Documents out;
  auto documents = yaml::read_yaml(text);
  if (!documents) {
    out.errors.push_back({std::string(file), documents.error().line, documents.error().message});
    return out;
  }
  Taker taker(arena, out);
  for (yaml::YamlDocument& document : *documents) {
    auto value = spec::parse_json(document.json, arena);
    if (!value) {
      out.errors.push_back({std::string(file), document.line, value.error().message});
      continue;
    }
    const bool located = document.lines.at("") != 0;
    taker.take({.file = std::string(file),
                .line = document.line,
                .value = std::move(*value),
                .lines = located ? std::make_shared<yaml::YamlLines>(std::move(document.lines)) : nullptr,
                .prefix = ""});
  }
  return out;
}

std::expected<std::vector<ManifestObject>, ManifestError> read_objects(std::string_view file,
                                                                       std::string_view text,
                                                                       spec::Arena& arena) {
  Documents documents = read_documents(file, text, arena);
  if (!documents.errors.empty()) return std::unexpected(std::move(documents.errors.front()));
  return std::move(documents.objects);
}

// ------------------------------------------------------------------------------------------------- reader

ManifestReader::ManifestReader() : manifests_(std::make_shared<Manifests>()) {
  manifests_->arena = std::make_unique<spec::Arena>();
}

void ManifestReader::add_builtin() {
  for (const BuiltinManifest& manifest : builtin_manifests())
    add_objects(manifest.name, manifest.text, Completes::kNo);
}

void ManifestReader::add_path(const fs::path& path) {
  const auto files = manifest_files(path);
  if (!files) return fail(files.error());
  for (const fs::path& file : *files) add_file(file);
}

void ManifestReader::add_file(const fs::path& path) {
  const auto text = read_file(path);
  if (!text) return fail(text.error());
  bytes_ += text->size();
  if (bytes_ > kMaxManifestBytes) {
    return fail({path.string(), 0, fmt::format("more than {} bytes of manifests", kMaxManifestBytes)});
  }
  add_text(path.string(), *text);
}

void ManifestReader::add_text(std::string_view file, std::string_view text) {
  add_objects(file, text, Completes::kYes);
}

void ManifestReader::add_objects(std::string_view file, std::string_view text, Completes completes) {
  Documents documents = read_documents(file, text, *manifests_->arena);
  for (ManifestError& error : documents.errors) fail(std::move(error));
  for (ManifestObject& object : documents.objects) add_object(std::move(object), completes);
}

void ManifestReader::add_object(ManifestObject object, Completes completes) {
  if (metadata(object.value, "name").empty()) {
    return fail({object.file, object.line_of("metadata"), "metadata.name is missing or is not a string"});
  }
  const std::string_view kind = text_at(object.value, "kind");
  if (kind == "ConfigMap" && metadata(object.value, "name") == spec::kConfigMapName) {
    config_map_ = std::move(object);
    return;
  }
  if (const CatalogKind* known = catalog_kind(spec::ObjectView(object.value))) {
    if (known->namespaced && metadata(object.value, "namespace").empty()) {
      spec::set_member(*spec::find(object.value, "metadata"), "namespace", spec::make_literal("default"),
                       *manifests_->arena);
    }
    const std::size_t before = errors_.size();
    if (known->type) check_structure(object);
    if (errors_.size() == before) builder_.add(object.value);
    if (completes == Completes::kYes && kind == kStorageContainer) manifests_->complete.emplace(kind, "");
    return;
  }
  const std::string_view ns = metadata(object.value, "namespace");
  Manifests::Key key(kind, ns.empty() ? "default" : ns, metadata(object.value, "name"));
  if (completes == Completes::kYes) manifests_->complete.emplace(std::get<0>(key), std::get<1>(key));
  manifests_->objects.insert_or_assign(std::move(key), std::move(object.value));
}

void ManifestReader::add_pending(const ManifestObject& object, std::string_view ns) {
  if (!object.value.IsObject() || metadata(object.value, "name").empty()) return;
  ManifestObject copy{.file = object.file,
                      .line = object.line,
                      .value = spec::clone(object.value, *manifests_->arena),
                      .lines = object.lines,
                      .prefix = object.prefix};
  const CatalogKind* known = catalog_kind(spec::ObjectView(copy.value));
  if (known && known->type) {
    spec::FieldErrors wrong;
    spec::schema::check_structure(copy.value, *known->type, {.quantities = true}, wrong);
    if (!wrong.empty()) return;
  }
  if ((!known || known->namespaced) && metadata(copy.value, "namespace").empty()) {
    spec::set_member(*spec::find(copy.value, "metadata"), "namespace",
                     spec::make_string(ns, *manifests_->arena), *manifests_->arena);
  }
  const std::size_t warnings = manifests_->warnings.size();
  add_object(std::move(copy), Completes::kNo);
  manifests_->warnings.resize(warnings);
}

void ManifestReader::check_structure(const ManifestObject& object) {
  const spec::schema::Type& type = *catalog_kind(spec::ObjectView(object.value))->type;
  spec::FieldErrors wrong;
  spec::FieldErrors unknown;
  spec::schema::check_structure(object.value, type, {.quantities = true}, wrong, &unknown);
  const auto add = [&](const spec::FieldErrors& found, std::vector<ManifestError>& out) {
    for (const spec::FieldError& e : found) {
      out.push_back({object.file, object.line_of(e.path.to_string()), e.to_string()});
    }
  };
  add(wrong, errors_);
  add(unknown, manifests_->warnings);
}

void ManifestReader::read_configuration(const ManifestObject& config_map) {
  std::vector<spec::ConfigurationProblem> warnings;
  auto configuration = spec::parse_configuration(config_map.value, &warnings);
  const auto add = [&](const std::vector<spec::ConfigurationProblem>& problems,
                       std::vector<ManifestError>& out) {
    for (const spec::ConfigurationProblem& p : problems) {
      out.push_back({config_map.file, config_map.line_of(fmt::format("data.{}", p.key)), p.to_string()});
    }
  };
  add(warnings, manifests_->warnings);
  if (configuration) {
    builder_.set_configuration(std::move(*configuration));
  } else {
    add(configuration.error(), errors_);
  }
}

std::expected<std::shared_ptr<const Manifests>, std::vector<ManifestError>> ManifestReader::finish(
    std::uint64_t generation) {
  if (!config_map_) {
    const BuiltinManifest& builtin = builtin_manifests().front();
    add_text(builtin.name, builtin.text);
  }
  if (config_map_) read_configuration(*config_map_);
  if (!errors_.empty()) return std::unexpected(std::move(errors_));
  manifests_->catalog = builder_.build(generation);
  return std::move(manifests_);
}

const spec::Value* Manifests::find(std::string_view kind, std::string_view ns, std::string_view name) const {
  static const spec::Value kEmptyList(rapidjson::kObjectType);
  if (name.empty()) {
    const bool in_catalog =
        std::ranges::find(kCatalogKinds, kind, &CatalogKind::name) != std::end(kCatalogKinds);
    return in_catalog ? &kEmptyList : nullptr;
  }
  const auto it = objects.find(Key(kind, ns.empty() ? "default" : ns, name));
  return it == objects.end() ? nullptr : &it->second;
}

spec::Fact Manifests::fact(const spec::ObjectKey& key) const {
  using State = spec::Fact::State;
  if (const spec::Value* object = find(key.kind, key.namespace_, key.name)) return {State::kPresent, object};
  const bool in_cluster = key.kind == kStorageContainer;
  const std::string ns = key.namespace_.empty() && !in_cluster ? "default" : key.namespace_;
  return {complete.contains({key.kind, ns}) ? State::kAbsent : State::kUnknown, nullptr};
}

}  // namespace modelgate::kube
