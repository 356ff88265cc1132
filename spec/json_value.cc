// SPDX-License-Identifier: Apache-2.0
#include "spec/json_value.h"

#include <algorithm>

namespace modelgate::spec {
namespace {

/// Objects up to this size are compared member by member, larger ones sorted.
constexpr rapidjson::SizeType kPairwiseLimit = 12;

bool equal_objects(const Value& a, const Value& b) {
  if (a.MemberCount() != b.MemberCount()) return false;
  if (a.MemberCount() <= kPairwiseLimit) {
    for (auto at = b.MemberBegin(); const auto& m : a.GetObject()) {
      // Mostly the members come in the same order.
      const Value* other = text_of(at->name) == text_of(m.name) ? &at->value : find(b, text_of(m.name));
      if (!other || !equal(m.value, *other)) return false;
      ++at;
    }
    return true;
  }
  return std::ranges::equal(sorted_members(a), sorted_members(b), [](const auto* x, const auto* y) {
    return text_of(x->name) == text_of(y->name) && equal(x->value, y->value);
  });
}

}  // namespace

// Recursion is as deep as the document, which its reader limits. The copy of RapidJSON 1.1 uses the handler
// of its parser and allocates a stack for each value.
Value clone(const Value& v, Arena& arena) {
  if (v.IsObject()) {
    Value out(rapidjson::kObjectType);
    for (const auto& m : v.GetObject()) out.AddMember(Value(m.name, arena), clone(m.value, arena), arena);
    return out;
  }
  if (v.IsArray()) {
    Value out(rapidjson::kArrayType);
    out.Reserve(v.Size(), arena);
    for (const Value& e : v.GetArray()) out.PushBack(clone(e, arena), arena);
    return out;
  }
  return Value(v, arena);
}

const Value* find(const Value& v, std::string_view key) {
  if (!v.IsObject()) return nullptr;
  const auto end = v.MemberEnd();
  for (auto m = v.MemberBegin(); m != end; ++m) {
    if (m->name.GetStringLength() != key.size()) continue;
    // Most names of that length differ in the first character, and then no function is called.
    const char* name = m->name.GetString();
    if (key.empty() || (*name == key.front() && std::string_view(name, key.size()) == key)) return &m->value;
  }
  return nullptr;
}

Value* find(Value& v, std::string_view key) {
  return const_cast<Value*>(find(static_cast<const Value&>(v), key));
}

void set_member(Value& object, std::string_view key, Value value, Arena& arena) {
  if (Value* existing = find(object, key)) {
    *existing = value;  // RapidJSON's assignment moves
    return;
  }
  object.AddMember(make_string(key, arena), value, arena);
}

std::vector<const Value::Member*> sorted_members(const Value& object) {
  std::vector<const Value::Member*> members;
  members.reserve(object.MemberCount());
  for (const auto& m : object.GetObject()) members.push_back(&m);
  std::ranges::sort(members, {}, [](const Value::Member* m) { return text_of(m->name); });
  return members;
}

bool equal(const Value& a, const Value& b) {
  if (a.IsNumber() && b.IsNumber()) {
    if (a.IsInt64() && b.IsInt64()) return a.GetInt64() == b.GetInt64();
    return a.GetDouble() == b.GetDouble();
  }
  if (a.GetType() != b.GetType()) return false;
  if (a.IsString()) return text_of(a) == text_of(b);
  if (a.IsObject()) return equal_objects(a, b);
  if (a.IsArray()) {
    return std::ranges::equal(a.GetArray(), b.GetArray(),
                              [](const Value& x, const Value& y) { return equal(x, y); });
  }
  return true;  // null, true, false: the type is the value
}

bool equal(const Value* a, const Value* b) {
  if (!a || !b) return a == b;
  return equal(*a, *b);
}

}  // namespace modelgate::spec
