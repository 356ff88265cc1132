// SPDX-License-Identifier: Apache-2.0
#include "tests/workload/pods/pod_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "deploy/builtin.h"
#include "spec/core.h"
#include "spec/edit.h"
#include "yaml/yaml.h"

namespace modelgate::workload {

using spec::Value;

namespace {

std::vector<Value> read_documents(std::string_view yaml, spec::Arena& arena) {
  std::vector<Value> out;
  const auto documents = yaml::read_yaml(yaml);
  if (!documents) throw std::runtime_error("test data: " + documents.error().message);
  for (const auto& d : *documents) {
    auto value = spec::parse_json(d.json, arena);
    if (!value) throw std::runtime_error("test data: " + value.error().message);
    out.push_back(std::move(*value));
  }
  return out;
}

const Value* config_map_of(const std::vector<Value>& documents) {
  for (const Value& d : documents) {
    if (spec::ObjectView(d).string("kind") == "ConfigMap") return &d;
  }
  return nullptr;
}

/// The catalog of the built-in files and the objects of a test, with a changed configuration.
std::shared_ptr<const spec::Catalog> make_catalog(const std::vector<Value>& objects,
                                                  const PodWorld::Change& change) {
  spec::Arena arena;
  spec::CatalogBuilder builder;
  std::vector<Value> documents;
  for (const BuiltinManifest& manifest : builtin_manifests()) {
    for (Value& d : read_documents(manifest.text, arena)) documents.push_back(std::move(d));
  }
  const Value* config_map = config_map_of(objects);
  if (!config_map) config_map = config_map_of(documents);
  auto configuration = spec::parse_configuration(*config_map);
  if (!configuration) throw std::runtime_error(configuration.error().front().to_string());
  if (change) change(*configuration);
  builder.set_configuration(std::move(*configuration));
  for (const Value& d : documents) builder.add(d);
  for (const Value& d : objects) builder.add(d);
  return builder.build(1);
}

std::vector<Value> items_of(std::vector<Value> documents, spec::Arena& arena) {
  std::vector<Value> out;
  for (Value& d : documents) {
    const Value* items = spec::find(d, "items");
    if (!items) {
      out.push_back(std::move(d));
      continue;
    }
    for (const Value& item : items->GetArray()) out.push_back(spec::clone(item, arena));
  }
  return out;
}

const Value* step_into(const Value& at, const std::string& token) {
  if (at.IsObject()) return spec::find(at, token);
  if (!at.IsArray()) return nullptr;
  const auto i = static_cast<rapidjson::SizeType>(std::stoul(token));
  return i < at.Size() ? &at[i] : nullptr;
}

}  // namespace

void make_compatible(spec::Configuration& c) {
  c.modelgate.validation = spec::ModelgateConfiguration::Validation::kCompatible;
}

// --------------------------------------------------------------------------------------------- Mutated

const Value* Mutated::find(std::string_view pointer) const {
  const Value* at = &pod;
  while (at && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t slash = pointer.find('/');
    std::string token(pointer.substr(0, slash));
    for (std::size_t i; (i = token.find("~1")) != token.npos;) token.replace(i, 2, "/");
    at = step_into(*at, token);
    pointer = slash == std::string_view::npos ? std::string_view{} : pointer.substr(slash);
  }
  return at;
}

std::string Mutated::text(std::string_view pointer) const {
  const Value* v = find(pointer);
  if (!v) return "";
  return v->IsString() ? std::string(spec::text_of(*v)) : spec::to_json(*v);
}

const Value* Mutated::container(std::string_view name) const {
  const spec::PodSpecView spec = spec::PodView(pod).spec();
  for (const auto& list : {spec.containers(), spec.init_containers()}) {
    for (const spec::ContainerView c : list) {
      if (c.name() == name) return c.value();
    }
  }
  return nullptr;
}

std::vector<std::string> Mutated::env(std::string_view name) const {
  std::vector<std::string> out;
  for (const spec::EnvVarView e : spec::ContainerView(container(name)).env()) {
    const spec::ObjectView from = e.value_from().object("secretKeyRef");
    out.push_back(from ? fmt::format("{}<{}/{}", e.name(), from.string("name"), from.string("key"))
                       : fmt::format("{}={}", e.name(), e.env_value()));
  }
  return out;
}

std::vector<std::string> Mutated::mounts(std::string_view name) const {
  std::vector<std::string> out;
  for (const spec::VolumeMountView m : spec::ContainerView(container(name)).volume_mounts()) {
    out.push_back(fmt::format("{}:{}{}{}{}", m.name(), m.mount_path(), m.sub_path().empty() ? "" : ":",
                              m.sub_path(), m.read_only() ? ":ro" : ""));
  }
  return out;
}

std::vector<std::string> Mutated::args(std::string_view name) const {
  std::vector<std::string> out;
  const Value* c = container(name);
  const Value* list = c ? spec::find(*c, "args") : nullptr;
  if (!list) return out;
  for (const Value& a : list->GetArray()) out.emplace_back(spec::text_of(a));
  return out;
}

// -------------------------------------------------------------------------------------------- PodWorld

PodWorld::PodWorld(std::string_view yaml, const Change& change) {
  kube::ManifestReader reader;
  reader.add_builtin();
  if (!yaml.empty()) reader.add_text("test.yaml", yaml);
  auto manifests = reader.finish(1);
  if (!manifests) throw std::runtime_error(manifests.error().front().to_string());
  manifests_ = *manifests;
  catalog_ = make_catalog(items_of(read_documents(yaml, *arena_), *arena_), change);
}

Value PodWorld::yaml(std::string_view text) {
  std::vector<Value> documents = read_documents(text, *arena_);
  return documents.empty() ? Value() : std::move(documents.front());
}

Value PodWorld::pod(std::string_view text) {
  Value pod = yaml(text);
  if (!pod.IsObject()) pod.SetObject();
  const auto put = [&](Value& object, std::string_view key, std::string_view json) {
    if (spec::find(object, key)) return;
    auto value = spec::parse_json(json, *arena_);
    spec::set_member(object, key, std::move(*value), *arena_);
  };
  put(pod, "apiVersion", R"("v1")");
  put(pod, "kind", R"("Pod")");
  put(pod, "metadata", "{}");
  put(*spec::find(pod, "metadata"), "name", R"("m-predictor-0")");
  put(*spec::find(pod, "metadata"), "labels",
      R"({"serving.kserve.io/inferenceservice":"m","component":"predictor"})");
  put(pod, "spec", "{}");
  put(*spec::find(pod, "spec"), "containers", R"([{"name":"kserve-container","image":"server"}])");
  return pod;
}

spec::Fact PodWorld::answer(const spec::ObjectKey& key) const {
  if (unknown.contains(key.kind)) return {};
  const Value* object = manifests_->find(key.kind, key.namespace_, key.name);
  return {object ? spec::Fact::State::kPresent : spec::Fact::State::kAbsent, object};
}

Mutated PodWorld::mutate(const Value& pod) {
  Mutated out;
  out.catalog = catalog_;
  out.manifests = manifests_;
  out.arena = arena_;
  spec::Facts facts;
  for (int round = 0; round < 5; ++round) {
    out.pod = spec::clone(pod, *arena_);
    spec::Edit edit(out.pod, *arena_);
    PodOutcome outcome = mutate_pod(edit, {.catalog = *catalog_, .facts = facts, .namespace_ = namespace_});
    if (outcome.needs.empty()) {
      out.allowed = outcome.errors.empty();
      for (const spec::FieldError& e : outcome.errors) {
        out.errors.push_back(fmt::format("{} {}", e.path.to_string(), spec::reason_of(e.type)));
        out.error_texts += e.to_string() + "\n";
      }
      for (const spec::FieldWarning& w : outcome.warnings) out.warnings.push_back(w.to_string());
      for (const spec::ObjectKey& key : outcome.unread)
        out.unread.push_back(fmt::format("{} {}", key.kind, key.name));
      out.patch = spec::to_json(edit.patch());
      return out;
    }
    std::set<std::string>& looked_up = out.looked_up.emplace_back();
    for (const spec::ObjectKey& key : outcome.needs) {
      looked_up.insert(fmt::format("{} {}", key.kind, key.name));
      facts.add(key, answer(key));
    }
  }
  throw std::logic_error("the mutation needs ever more look-ups");
}

}  // namespace modelgate::workload
