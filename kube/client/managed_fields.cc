// SPDX-License-Identifier: Apache-2.0
//
// A fieldsV1 is a tree parallel to the object: below, `set` is one of its nodes and `value` the corresponding
// part of the object. Clients choose the sizes, so lookups by name use sorted indexes, not linear search.
#include "kube/client/managed_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "spec/view.h"

namespace modelgate::kube {
namespace {

using rapidjson::SizeType;
using spec::Value;

constexpr std::string_view kSelf = ".";
constexpr std::string_view kMember = "f:", kByKeys = "k:", kByValue = "v:", kByPlace = "i:";

const Value* entries_of(const Value& object) {
  const Value* list = spec::find(spec::find(object, "metadata"), "managedFields");
  return list && list->IsArray() ? list : nullptr;
}

bool is_main_entry_of(const spec::ObjectView& entry, std::string_view manager) {
  return entry.string("manager") == manager && entry.string("subresource").empty();
}

const Value* fields_of(const Value& entry) {
  const Value* fields = spec::find(entry, "fieldsV1");
  return fields && fields->IsObject() ? fields : nullptr;
}

/// An empty set: the value is managed as a whole.
bool is_leaf(const Value& set) {
  return set.MemberCount() == 0 || (set.MemberCount() == 1 && spec::find(set, kSelf));
}

/// The union of the trees.
Value unite(const Value& a, const Value& b, spec::Arena& arena) {
  if (!a.IsObject() || !b.IsObject()) return spec::clone(a.IsObject() ? a : b, arena);
  Value out = spec::clone(a, arena);
  std::unordered_map<std::string_view, SizeType> places;
  for (SizeType i = 0; i < a.MemberCount(); ++i)
    places.emplace(spec::text_of((a.MemberBegin() + i)->name), i);
  for (const auto& m : b.GetObject()) {
    const auto known = places.find(spec::text_of(m.name));
    if (known == places.end()) {
      out.AddMember(spec::clone(m.name, arena), spec::clone(m.value, arena), arena);
    } else {
      Value& there = (out.MemberBegin() + known->second)->value;
      there = unite(there, m.value, arena);
    }
  }
  // A leaf in one tree that has children in the other.
  const bool one_is_leaf = (a.MemberCount() == 0) != (b.MemberCount() == 0);
  if (one_is_leaf && !spec::find(out, kSelf))
    out.AddMember(spec::make_literal(kSelf), Value(rapidjson::kObjectType), arena);
  return out;
}

/// Finds the items of a list that a set names.
class NamedItems {
 public:
  NamedItems(const Value& set, spec::Arena& arena) : arena_(arena) {
    for (const auto& m : set.GetObject()) add(spec::text_of(m.name), m.value);
  }

  /// The item's set, or nullptr if the list's set does not name it.
  const Value* find(const Value& item, SizeType place) const {
    if (const auto it = by_place_.find(place); it != by_place_.end()) return it->second;
    if (!by_value_.empty()) {
      if (const auto it = by_value_.find(spec::to_canonical_json(item)); it != by_value_.end())
        return it->second;
    }
    for (const auto& names : key_names_) {
      const auto keys = keys_of(item, names);
      if (!keys) continue;
      if (const auto it = by_keys_.find(*keys); it != by_keys_.end()) return it->second;
    }
    return nullptr;
  }

 private:
  using KeyNames = std::vector<std::string>;

  void add(std::string_view element, const Value& set) {
    if (element.size() < 2) return;
    const std::string_view prefix = element.substr(0, 2);
    const std::string_view rest = element.substr(2);
    if (prefix == kByPlace) {
      SizeType place = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), place);
      if (error == std::errc() && end == rest.data() + rest.size()) by_place_.emplace(place, &set);
      return;
    }
    if (prefix != kByKeys && prefix != kByValue) return;
    const auto value = spec::parse_json(rest, arena_);
    if (!value) return;
    if (prefix == kByValue) {
      by_value_.emplace(spec::to_canonical_json(*value), &set);
    } else if (value->IsObject()) {
      KeyNames names;
      for (const auto& m : value->GetObject()) names.emplace_back(spec::text_of(m.name));
      std::ranges::sort(names);
      if (auto keys = keys_of(*value, names)) by_keys_.emplace(std::move(*keys), &set);
      key_names_.insert(std::move(names));
    }
  }

  /// The item's keys as text. A missing protocol is TCP: the only key of the core types with a default.
  static std::optional<std::string> keys_of(const Value& item, const KeyNames& names) {
    std::string out;
    for (const std::string& name : names) {
      const Value* key = spec::find(item, name);
      if (!key && name != "protocol") return std::nullopt;
      fmt::format_to(std::back_inserter(out), "{}={};", name,
                     key ? spec::to_canonical_json(*key) : R"("TCP")");
    }
    return out;
  }

  spec::Arena& arena_;
  std::map<SizeType, const Value*> by_place_;
  std::map<std::string, const Value*> by_value_, by_keys_;
  std::set<KeyNames> key_names_;  // one element, unless the list's keys were changed in the schema
};

std::optional<Value> extract(const Value& value, const Value& set, spec::Arena& arena);

std::optional<Value> extract_members(const Value& object, const Value& set, spec::Arena& arena) {
  std::unordered_map<std::string_view, const Value*> sets;
  for (const auto& m : set.GetObject()) {
    const std::string_view element = spec::text_of(m.name);
    if (element.starts_with(kMember)) sets.emplace(element.substr(kMember.size()), &m.value);
  }
  Value out(rapidjson::kObjectType);
  for (const auto& m : object.GetObject()) {
    const auto named = sets.find(spec::text_of(m.name));
    if (named == sets.end()) continue;
    if (auto inside = extract(m.value, *named->second, arena))
      out.AddMember(spec::clone(m.name, arena), std::move(*inside), arena);
  }
  if (out.MemberCount() == 0 && !spec::find(set, kSelf)) return std::nullopt;
  return out;
}

std::optional<Value> extract_items(const Value& list, const Value& set, spec::Arena& arena) {
  const NamedItems named(set, arena);
  Value out(rapidjson::kArrayType);
  for (SizeType i = 0; i < list.Size(); ++i) {
    const Value* item_set = named.find(list[i], i);
    if (!item_set) continue;
    if (auto inside = extract(list[i], *item_set, arena)) out.PushBack(std::move(*inside), arena);
  }
  if (out.Empty() && !spec::find(set, kSelf)) return std::nullopt;
  return out;
}

/// Nothing if the set names no part of the value.
std::optional<Value> extract(const Value& value, const Value& set, spec::Arena& arena) {
  if (!set.IsObject()) return std::nullopt;
  if (is_leaf(set)) return spec::clone(value, arena);
  if (value.IsObject()) return extract_members(value, set, arena);
  if (value.IsArray()) return extract_items(value, set, arena);
  return std::nullopt;
}

/// Whether the set contains the member, or manages one of its parents as a whole.
bool covers(const Value& set, std::span<const std::string_view> path) {
  const Value* at = &set;
  for (const std::string_view name : path) {
    at = spec::find(*at, fmt::format("{}{}", kMember, name));
    if (!at || !at->IsObject()) return false;
    if (is_leaf(*at)) return true;
  }
  return true;
}

/// Merges entries into one.
class RenamedEntry {
 public:
  RenamedEntry(std::string_view object_version, std::string_view to)
      : object_version_(object_version), to_(to) {}

  void add(const Value& entry, spec::Arena& arena) {
    const spec::ObjectView view(entry);
    const bool is_target = view.string("manager") == to_;
    const std::string_view version = view.string("apiVersion");
    if (version_.empty() || is_target || (!target_seen_ && version == object_version_)) version_ = version;
    target_seen_ |= is_target;
    time_ = std::max(time_, view.string("time"));  // RFC 3339 in UTC, to the second
    const Value* fields = fields_of(entry);
    if (fields) fields_ = fields_.IsObject() ? unite(fields_, *fields, arena) : spec::clone(*fields, arena);
  }

  Value take(spec::Arena& arena) {
    Value out(rapidjson::kObjectType);
    spec::set_member(out, "manager", spec::make_string(to_, arena), arena);
    spec::set_member(out, "operation", spec::make_literal("Apply"), arena);
    spec::set_member(out, "apiVersion", spec::make_string(version_, arena), arena);
    if (!time_.empty()) spec::set_member(out, "time", spec::make_string(time_, arena), arena);
    spec::set_member(out, "fieldsType", spec::make_literal("FieldsV1"), arena);
    if (!fields_.IsObject()) fields_.SetObject();
    spec::set_member(out, "fieldsV1", std::move(fields_), arena);
    return out;
  }

 private:
  std::string_view object_version_, to_;
  std::string_view version_, time_;
  bool target_seen_ = false;
  Value fields_;
};

bool is_united(const spec::ObjectView& entry, std::string_view from, std::string_view to) {
  return is_main_entry_of(entry, from) ||
         (is_main_entry_of(entry, to) && entry.string("operation") == "Apply");
}

}  // namespace

Value applied_fields(const Value& object, std::string_view manager, spec::Arena& arena) {
  Value nothing(rapidjson::kObjectType);
  const Value* entries = entries_of(object);
  if (!entries) return nothing;
  Value set;
  for (const Value& entry : entries->GetArray()) {
    const spec::ObjectView view(entry);
    const Value* fields = fields_of(entry);
    if (!fields || !is_main_entry_of(view, manager) || view.string("operation") != "Apply") continue;
    set = set.IsObject() ? unite(set, *fields, arena) : spec::clone(*fields, arena);
  }
  if (!set.IsObject()) return nothing;
  auto out = extract_members(object, set, arena);
  return out ? std::move(*out) : std::move(nothing);
}

bool manages(const Value& object, std::string_view manager) {
  const Value* entries = entries_of(object);
  return entries && std::ranges::any_of(entries->GetArray(), [&](const Value& entry) {
           return is_main_entry_of(spec::ObjectView(entry), manager);
         });
}

FieldManagers managers_of(const Value& object, std::span<const std::string_view> path,
                          std::string_view manager) {
  FieldManagers out;
  const Value* entries = entries_of(object);
  if (!entries) return out;
  for (const Value& entry : entries->GetArray()) {
    const Value* fields = fields_of(entry);
    if (!fields || !covers(*fields, path)) continue;
    (spec::ObjectView(entry).string("manager") == manager ? out.given : out.others) = true;
  }
  return out;
}

Value with_renamed_manager(const Value& object, std::string_view from, std::string_view to,
                           spec::Arena& arena) {
  Value out(rapidjson::kArrayType);
  const Value* entries = entries_of(object);
  if (!entries) return out;
  RenamedEntry renamed(spec::ObjectView(object).string("apiVersion"), to);
  std::optional<SizeType> place;
  for (const Value& entry : entries->GetArray()) {
    if (!is_united(spec::ObjectView(entry), from, to)) {
      out.PushBack(spec::clone(entry, arena), arena);
      continue;
    }
    renamed.add(entry, arena);
    if (place) continue;
    place = out.Size();
    out.PushBack(Value(), arena);
  }
  if (place) out[*place] = renamed.take(arena);
  return out;
}

}  // namespace modelgate::kube
