// SPDX-License-Identifier: Apache-2.0
#include "workload/children/canonical.h"

#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "spec/field.h"
#include "spec/quantity.h"

namespace modelgate::workload {
namespace {

using spec::Value;
using spec::schema::Kind;
using spec::schema::Type;

/// The location of a value, as a linked list on the stack: a path is built only for a report.
struct Place {
  const Place* parent = nullptr;
  std::string_view name = {};
  std::int32_t index = -1;
  bool key = false;

  spec::FieldPath path() const {
    if (!parent) return {};
    if (index >= 0) return parent->path()[static_cast<std::size_t>(index)];
    return key ? parent->path().key(name) : parent->path() / name;
  }
};

class Canonical {
 public:
  Canonical(spec::Arena& arena, Quantities quantities) : arena_(arena), quantities_(quantities) {}

  void visit(Value& value, const Type& type, const Place& place) {
    switch (type.kind) {
      case Kind::kQuantity:
        return quantity(value);
      case Kind::kObject:
        return object(value, type, place);
      case Kind::kMap:
        if (!value.IsObject()) return;
        for (auto& m : value.GetObject())
          visit(m.value, *type.element, {.parent = &place, .name = spec::text_of(m.name), .key = true});
        return;
      case Kind::kList:
        return list(value, type, place);
      default:
        return;
    }
  }

  Dropped dropped;

 private:
  void quantity(Value& value) {
    if (quantities_ == Quantities::kUnchanged) return;
    const auto parsed = spec::Quantity::parse(value);
    if (!parsed) return;
    const std::string text = value.IsString() ? parsed->stored(spec::text_of(value)) : parsed->canonical();
    value = spec::make_string(text, arena_);
  }

  void object(Value& value, const Type& type, const Place& place) {
    if (!value.IsObject()) return;
    for (auto m = value.MemberBegin(); m != value.MemberEnd();) {
      const std::string_view name = spec::text_of(m->name);
      if (const auto* field = spec::schema::find_field(type, name)) {
        visit(m->value, *field->type, {.parent = &place, .name = name});
        ++m;
      } else {
        dropped.unknown.push_back((place.path() / name).to_string());
        m = value.EraseMember(m);
      }
    }
  }

  void list(Value& value, const Type& type, const Place& place) {
    if (!value.IsArray()) return;
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i)
      visit(value[i], *type.element, {.parent = &place, .index = static_cast<std::int32_t>(i)});
    if (!type.keys[0].empty() && value.Size() > 1) drop_duplicates(value, type, place);
  }

  void drop_duplicates(Value& value, const Type& type, const Place& place) {
    std::map<std::string, rapidjson::SizeType> places;
    for (rapidjson::SizeType i = 0; i < value.Size();) {
      const auto key = key_of(value[i], type);
      const auto [earlier, is_new] = key ? places.emplace(*key, i) : std::pair(places.end(), true);
      if (is_new) {
        ++i;
        continue;
      }
      dropped.duplicates.push_back({place.path().to_string(), *key});
      value[earlier->second] = std::move(value[i]);
      value.Erase(value.Begin() + i);
    }
  }

  static std::optional<std::string> key_of(const Value& element, const Type& type) {
    std::string out;
    for (const std::string_view name : type.keys) {
      if (name.empty()) break;
      const Value* part = spec::find(element, name);
      // The only key field with a default.
      if (!part && name != "protocol") return std::nullopt;
      if (!out.empty()) out += '/';
      if (!part) {
        out += "TCP";
      } else if (part->IsString()) {
        out += spec::text_of(*part);
      } else {
        out += spec::to_json(*part);
      }
    }
    return out;
  }

  spec::Arena& arena_;
  Quantities quantities_;
};

}  // namespace

Dropped make_canonical(Value& value, const Type& type, spec::Arena& arena, Quantities quantities) {
  Canonical canonical(arena, quantities);
  canonical.visit(value, type, {});
  return std::move(canonical.dropped);
}

}  // namespace modelgate::workload
