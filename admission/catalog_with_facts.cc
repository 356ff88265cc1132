// SPDX-License-Identifier: Apache-2.0
#include "admission/catalog_with_facts.h"

#include <algorithm>
#include <array>
#include <vector>

#include "spec/schema.h"
#include "spec/schema_serving.h"
#include "spec/view.h"

namespace modelgate::admission {
namespace {

using spec::Value;

struct CatalogKind {
  std::string_view kind;
  const spec::schema::Type& type;
};

constexpr std::array<CatalogKind, 3> kCatalogKinds = {{
    {"ServingRuntime", spec::schema::kServingRuntime},
    {"ClusterServingRuntime", spec::schema::kServingRuntime},
    {"ClusterStorageContainer", spec::schema::kClusterStorageContainer},
}};

/// Appends `object` if the catalog has its kind and its structure is valid.
void add_valid(const Value& object, std::vector<const Value*>& out) {
  if (!object.IsObject()) return;
  const auto* kind =
      std::ranges::find(kCatalogKinds, spec::ObjectView(object).string("kind"), &CatalogKind::kind);
  if (kind == kCatalogKinds.end()) return;
  spec::FieldErrors errors;
  spec::schema::check_structure(object, kind->type, {.quantities = true}, errors);
  if (errors.empty()) out.push_back(&object);
}

std::vector<const Value*> catalog_objects(const Facts& facts) {
  std::vector<const Value*> out;
  for (const auto& [key, fact] : facts) {
    if (!fact.object || std::ranges::find(kCatalogKinds, key.kind, &CatalogKind::kind) == kCatalogKinds.end())
      continue;
    if (!key.name.empty()) {
      add_valid(*fact.object, out);
      continue;
    }
    const Value* items = spec::find(*fact.object, "items");
    if (!items || !items->IsArray()) continue;
    for (const Value& item : items->GetArray()) add_valid(item, out);
  }
  return out;
}

}  // namespace

std::shared_ptr<const spec::Catalog> catalog_with_facts(const spec::Catalog& catalog, const Facts& facts) {
  if (facts.empty()) return nullptr;
  const std::vector<const Value*> objects = catalog_objects(facts);
  if (objects.empty()) return nullptr;
  spec::CatalogBuilder builder;
  builder.copy(catalog);
  for (const Value* object : objects) builder.add(*object);
  return builder.build(catalog.generation());
}

ObjectKey list_key(std::string_view kind, std::string_view ns) {
  return {std::string(kind), std::string(ns), ""};
}

void need_list(std::string_view kind, std::string_view ns, const Facts& facts, Needs& needs) {
  ObjectKey key = list_key(kind, ns);
  const bool needed = std::ranges::find(needs.objects, key) != needs.objects.end();
  if (!needed && !facts.find(key)) needs.objects.push_back(std::move(key));
}

bool is_unknown_list(std::string_view kind, std::string_view ns, const Facts& facts) {
  const Fact* fact = facts.find(list_key(kind, ns));
  return fact && fact->state == Fact::State::kUnknown;
}

}  // namespace modelgate::admission
