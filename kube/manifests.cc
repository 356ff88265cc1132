// SPDX-License-Identifier: Apache-2.0

#include "kube/manifests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iostream>
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

/// The kinds in a catalog.
struct CatalogKind {
  std::string_view name;
  bool namespaced;
  const spec::schema::Type* type;  // nullptr: its structure is not checked
};

constexpr CatalogKind kCatalogKinds[] = {
    {"ServingRuntime", true, &spec::schema::kServingRuntime},
    {"ClusterServingRuntime", false, &spec::schema::kServingRuntime},
    {"ClusterStorageContainer", false, &spec::schema::kClusterStorageContainer},
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

std::string ManifestError::place() const {
  return line == 0 ? file : fmt::format("{}:{}", file, line);
}

std::string ManifestError::to_string() const {
  return fmt::format("{}: {}", place(), message);
}

bool ManifestObject::has(std::string_view path) const {
  return lines && lines->exactly_at(under(prefix, path)) != 0;
}

int ManifestObject::line_of(std::string_view path) const {
  return lines ? lines->at(under(prefix, path)) : line;
}

// ------------------------------------------------------------------------------------------------ objects

namespace {

/// Adds an object, or the items of a List, to `out`.
std::optional<ManifestError> take(ManifestObject object, std::vector<ManifestObject>& out,
                                  spec::Arena& arena) {
  const auto error = [&](std::string_view path, std::string message) {
    return ManifestError{object.file, object.line_of(path), std::move(message)};
  };
  if (!object.value.IsObject()) return error("", "must be an object with apiVersion and kind");
  if (text_at(object.value, "apiVersion").empty())
    return error("apiVersion", "apiVersion is missing or is not a string");
  const std::string_view kind = text_at(object.value, "kind");
  if (kind.empty()) return error("kind", "kind is missing or is not a string");
  spec::Value* items = spec::find(object.value, "items");
  if (!kind.ends_with("List") || !items) {
    out.push_back(std::move(object));
    return std::nullopt;
  }
  if (!items->IsArray()) return error("items", "items must be a list");
  if (!object.prefix.empty()) return error("", "a List within a List");
  for (rapidjson::SizeType i = 0; i < items->Size(); ++i) {
    const std::string prefix = fmt::format("items[{}]", i);
    ManifestObject item{.file = object.file,
                        .line = object.line_of(prefix),
                        .value = spec::clone((*items)[i], arena),
                        .lines = object.lines,
                        .prefix = prefix};
    if (auto failed = take(std::move(item), out, arena)) return failed;
  }
  return std::nullopt;
}

}  // namespace

std::expected<std::vector<ManifestObject>, ManifestError> read_objects(std::string_view file,
                                                                       std::string_view text,
                                                                       spec::Arena& arena) {
  auto documents = yaml::read_yaml(text);
  if (!documents) {
    return std::unexpected(
        ManifestError{std::string(file), documents.error().line, documents.error().message});
  }
  std::vector<ManifestObject> out;
  for (yaml::YamlDocument& document : *documents) {
    auto value = spec::parse_json(document.json, arena);
    if (!value)
      return std::unexpected(ManifestError{std::string(file), document.line, value.error().message});
    const bool located = document.lines.at("") != 0;
    ManifestObject object{
        .file = std::string(file),
        .line = document.line,
        .value = std::move(*value),
        .lines = located ? std::make_shared<yaml::YamlLines>(std::move(document.lines)) : nullptr,
        .prefix = ""};
    if (auto failed = take(std::move(object), out, arena)) return std::unexpected(std::move(*failed));
  }
  return out;
}

std::expected<std::string, ManifestError> read_file(const fs::path& path) {
  const auto read = [](std::istream& in) {
    std::string text;
    std::array<char, 65536> buffer;
    while (text.size() <= yaml::kMaxYamlBytes && (in.read(buffer.data(), buffer.size()), in.gcount() > 0)) {
      text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    }
    return text;
  };
  std::string text;
  if (path == "-") {
    text = read(std::cin);
  } else {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::unexpected(ManifestError{path.string(), 0, std::strerror(errno)});
    text = read(in);
    if (in.bad()) return std::unexpected(ManifestError{path.string(), 0, "cannot be read"});
  }
  if (text.size() <= yaml::kMaxYamlBytes) return text;
  return std::unexpected(
      ManifestError{path.string(), 0, fmt::format("larger than {} bytes", yaml::kMaxYamlBytes)});
}

std::expected<std::vector<fs::path>, ManifestError> manifest_files(const fs::path& path) {
  std::error_code code;
  const auto failed = [&](std::string message) {
    return std::unexpected(ManifestError{path.string(), 0, std::move(message)});
  };
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) return failed("no such file or directory");
  if (!fs::is_directory(status)) return std::vector{path};
  std::vector<fs::path> out;
  for (auto it = fs::directory_iterator(path, code); !code && it != fs::directory_iterator();
       it.increment(code)) {
    const fs::path& file = it->path();
    const std::string extension = file.extension().string();
    const bool is_manifest = extension == ".yaml" || extension == ".yml" || extension == ".json";
    if (!is_manifest || file.filename().string().starts_with('.') || it->is_directory(code)) continue;
    out.push_back(file);
    if (out.size() > kMaxManifestFiles) return failed(fmt::format("more than {} files", kMaxManifestFiles));
  }
  if (code) return failed(code.message());
  std::ranges::sort(out);
  return out;
}

// ------------------------------------------------------------------------------------------------- reader

ManifestReader::ManifestReader() : manifests_(std::make_shared<Manifests>()) {
  manifests_->arena = std::make_unique<spec::Arena>();
}

void ManifestReader::add_builtin() {
  for (const BuiltinManifest& manifest : builtin_manifests()) add_text(manifest.name, manifest.text);
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
  auto objects = read_objects(file, text, *manifests_->arena);
  if (!objects) return fail(objects.error());
  for (ManifestObject& object : *objects) add_object(std::move(object));
}

void ManifestReader::add_object(ManifestObject object) {
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
    return;
  }
  const std::string_view ns = metadata(object.value, "namespace");
  Manifests::Key key(kind, ns.empty() ? "default" : ns, metadata(object.value, "name"));
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
  add_object(std::move(copy));
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
  if (key.kind == "ClusterStorageContainer") return {State::kAbsent, nullptr};
  const std::string ns = key.namespace_.empty() ? "default" : key.namespace_;
  const auto next = objects.lower_bound({key.kind, ns, ""});
  const bool others =
      next != objects.end() && std::get<0>(next->first) == key.kind && std::get<1>(next->first) == ns;
  return {others ? State::kAbsent : State::kUnknown, nullptr};
}

}  // namespace modelgate::kube
