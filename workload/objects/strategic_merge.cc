// SPDX-License-Identifier: Apache-2.0
#include "workload/objects/strategic_merge.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/schema_core.h"

namespace modelgate::workload {
namespace {

using spec::Arena;
using spec::Value;
using spec::schema::Kind;
using spec::schema::Type;

bool is_unset(const Value& v) {
  return v.IsNull() || (v.IsString() && v.GetStringLength() == 0) || (v.IsArray() && v.Empty());
}

class Merge {
 public:
  Merge(MergeExceptions exceptions, Arena& arena) : exceptions_(exceptions), arena_(arena) {}

  Value objects(const Value& base, const Value& overlay, const Type* type) {
    Value out = spec::clone(base, arena_);
    for (const auto& m : overlay.GetObject()) {
      if (is_unset(m.value)) continue;
      const std::string_view name = spec::text_of(m.name);
      const Value* before = spec::find(base, name);
      const Type* member = type_of_member(type, name);
      spec::set_member(out, name,
                       before ? values(*before, m.value, member, type, name) : spec::clone(m.value, arena_),
                       arena_);
    }
    return out;
  }

 private:
  static const Type* type_of_member(const Type* type, std::string_view name) {
    if (!type) return nullptr;
    if (type->kind == Kind::kMap) return type->element;
    if (type->kind != Kind::kObject) return nullptr;
    const spec::schema::Field* field = spec::schema::find_field(*type, name);
    return field ? field->type : nullptr;
  }

  Value values(const Value& base, const Value& overlay, const Type* type, const Type* parent,
               std::string_view name) {
    if (base.IsObject() && overlay.IsObject()) return objects(base, overlay, type);
    if (base.IsArray() && overlay.IsArray()) {
      if (type && !type->patch_key.empty()) return lists(base, overlay, *type);
      if (exceptions_.concatenate_args && name == "args" && parent == &spec::schema::kContainer) {
        return concatenated(base, overlay);
      }
    }
    return spec::clone(overlay, arena_);
  }

  Value concatenated(const Value& base, const Value& overlay) {
    Value out = spec::clone(base, arena_);
    for (const Value& e : overlay.GetArray()) out.PushBack(spec::clone(e, arena_), arena_);
    return out;
  }

  /// The key of an element as JSON text: keys are texts or numbers.
  static std::string key_of(const Value& element, std::string_view patch_key) {
    const Value* key = spec::find(element, patch_key);
    return key ? spec::to_json(*key) : std::string();
  }

  /// One element of the overlay, and the index of the base's element with the same key; -1 if there is none.
  struct Named {
    Value value;
    std::ptrdiff_t in_base = -1;
  };

  Value lists(const Value& base, const Value& overlay, const Type& type) {
    std::map<std::string, std::ptrdiff_t> indexes;
    std::vector<std::ptrdiff_t> first(base.Size());  // of each element: the first with the same key
    for (rapidjson::SizeType i = 0; i < base.Size(); ++i) {
      first[i] =
          indexes.emplace(key_of(base[i], type.patch_key), static_cast<std::ptrdiff_t>(i)).first->second;
    }
    std::vector<Named> named = merge_elements(base, overlay, type, indexes);
    return interleave(base, first, named);
  }

  std::vector<Named> merge_elements(const Value& base, const Value& overlay, const Type& type,
                                    const std::map<std::string, std::ptrdiff_t>& indexes) {
    std::vector<Named> named;
    std::map<std::string, std::size_t> seen;  // a second element with the same key is merged into the first
    for (const Value& element : overlay.GetArray()) {
      const std::string key = key_of(element, type.patch_key);
      if (const auto earlier = seen.find(key); earlier != seen.end()) {
        Named& n = named[earlier->second];
        n.value = element_of(n.value, element, type);
        continue;
      }
      seen.emplace(key, named.size());
      const auto found = indexes.find(key);
      if (found == indexes.end()) {
        named.push_back({spec::clone(element, arena_)});
      } else {
        named.push_back({element_of(base[static_cast<rapidjson::SizeType>(found->second)], element, type),
                         found->second});
      }
    }
    return named;
  }

  Value element_of(const Value& base, const Value& overlay, const Type& type) {
    if (!base.IsObject() || !overlay.IsObject()) return spec::clone(overlay, arena_);
    Value out = objects(base, overlay, type.element);
    if (type.retain_keys) drop_members_not_in(overlay, type.patch_key, out);
    if (type.element == &spec::schema::kEnvVar) drop_other_source(overlay, out);
    return out;
  }

  static void drop_members_not_in(const Value& overlay, std::string_view patch_key, Value& out) {
    // An overlay with only a name changes nothing.
    if (overlay.MemberCount() <= 1) return;
    for (auto m = out.MemberBegin(); m != out.MemberEnd();) {
      const std::string_view name = spec::text_of(m->name);
      m = name == patch_key || spec::find(overlay, name) ? m + 1 : out.EraseMember(m);
    }
  }

  /// A variable has either `value` or `valueFrom`.
  static void drop_other_source(const Value& overlay, Value& out) {
    const auto set = [](const Value& env, std::string_view name) {
      const Value* v = spec::find(env, name);
      return v && !is_unset(*v);
    };
    if (!set(out, "value") || !set(out, "valueFrom")) return;
    if (set(overlay, "valueFrom")) {
      out.RemoveMember("value");
    } else if (set(overlay, "value")) {
      out.RemoveMember("valueFrom");
    }
  }

  /// Merges both lists, each in its own order: an element of the base comes before the merged elements that
  /// follow it in the base. Elements of the base with the same key stay together, at the first of them; the
  /// overlay changes only that one.
  Value interleave(const Value& base, const std::vector<std::ptrdiff_t>& first, std::vector<Named>& named) {
    std::vector<std::ptrdiff_t> order(first.size());
    std::iota(order.begin(), order.end(), 0);
    const auto group = [&](std::ptrdiff_t i) { return first[static_cast<std::size_t>(i)]; };
    std::ranges::sort(order, {}, [&](std::ptrdiff_t i) { return std::pair(group(i), i); });
    std::vector<bool> taken(first.size());
    for (const Named& n : named) {
      if (n.in_base >= 0) taken[static_cast<std::size_t>(n.in_base)] = true;
    }
    Value out(rapidjson::kArrayType);
    const auto push = [&](std::ptrdiff_t i) {
      out.PushBack(spec::clone(base[static_cast<rapidjson::SizeType>(i)], arena_), arena_);
    };
    const auto is_free = [&](std::ptrdiff_t i) { return !taken[static_cast<std::size_t>(group(i))]; };
    auto next = order.begin();
    for (Named& n : named) {
      for (; n.in_base >= 0 && next != order.end() && group(*next) < n.in_base; ++next) {
        if (is_free(*next)) push(*next);
      }
      out.PushBack(std::move(n.value), arena_);
      if (n.in_base < 0) continue;
      for (const std::ptrdiff_t i : std::ranges::equal_range(order, n.in_base, {}, group)) {
        if (i != n.in_base) push(i);
      }
    }
    for (; next != order.end(); ++next) {
      if (is_free(*next)) push(*next);
    }
    return out;
  }

  const MergeExceptions exceptions_;
  Arena& arena_;
};

}  // namespace

Value strategic_merge(const Value& base, const Value& overlay, const Type& type, MergeExceptions exceptions,
                      Arena& arena) {
  return Merge(exceptions, arena).objects(base, overlay, &type);
}

}  // namespace modelgate::workload
