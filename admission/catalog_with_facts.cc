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

struct ToldKind {
  std::string_view kind;
  const spec::schema::Type& type;
};

constexpr std::array<ToldKind, 3> kToldKinds = {{
    {"ServingRuntime", spec::schema::kServingRuntime},
    {"ClusterServingRuntime", spec::schema::kServingRuntime},
    {"ClusterStorageContainer", spec::schema::kClusterStorageContainer},
}};

/// Appends `object` where it is one of the catalog's and well-formed.
void take(const Value& object, std::vector<const Value*>& out) {
  if (!object.IsObject()) return;
  const auto* kind = std::ranges::find(kToldKinds, spec::ObjectView(object).string("kind"), &ToldKind::kind);
  if (kind == kToldKinds.end()) return;
  spec::FieldErrors wrong;
  spec::schema::check_structure(object, kind->type, {.quantities = true}, wrong);
  if (wrong.empty()) out.push_back(&object);
}

std::vector<const Value*> told_objects(const Facts& facts) {
  std::vector<const Value*> out;
  for (const auto& [key, fact] : facts) {
    if (!fact.object || std::ranges::find(kToldKinds, key.kind, &ToldKind::kind) == kToldKinds.end())
      continue;
    if (!key.name.empty()) {
      take(*fact.object, out);
      continue;
    }
    const Value* items = spec::find(*fact.object, "items");
    if (!items || !items->IsArray()) continue;
    for (const Value& item : items->GetArray()) take(item, out);
  }
  return out;
}

}  // namespace

std::shared_ptr<const spec::Catalog> catalog_with(const spec::Catalog& catalog, const Facts& facts) {
  if (facts.empty()) return nullptr;
  const std::vector<const Value*> objects = told_objects(facts);
  if (objects.empty()) return nullptr;
  spec::CatalogBuilder builder;
  builder.copy(catalog);
  for (const Value* object : objects) builder.add(*object);
  return builder.build(catalog.generation());
}

ObjectKey all_of(std::string_view kind, std::string_view ns) {
  return {std::string(kind), std::string(ns), ""};
}

void ask_for_all(std::string_view kind, std::string_view ns, const Facts& facts, Needs& needs) {
  ObjectKey key = all_of(kind, ns);
  const bool asking = std::ranges::find(needs.objects, key) != needs.objects.end();
  if (!asking && !facts.find(key)) needs.objects.push_back(std::move(key));
}

bool could_be_told(std::string_view kind, std::string_view ns, const Facts& facts) {
  const Fact* fact = facts.find(all_of(kind, ns));
  return !fact || fact->state != Fact::State::kUnknown;
}

}  // namespace modelgate::admission
