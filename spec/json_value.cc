// SPDX-License-Identifier: Apache-2.0
//
// What spec/json.h does with values that are there: find, set, clone. Reading is in json.cc, writing in
// json_text.cc.
#include "spec/json.h"

namespace modelgate::spec {

// As deep as the document is; its reader bounds that. RapidJSON 1.1's own copy goes through its parser's
// handler, with a stack of its own for each.
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
    // Most names of that length differ in their first character, and then nothing has to be called.
    const char* name = m->name.GetString();
    if (key.empty() || (*name == key.front() && std::string_view(name, key.size()) == key)) return &m->value;
  }
  return nullptr;
}

Value* find(Value& v, std::string_view key) {
  return const_cast<Value*>(find(static_cast<const Value&>(v), key));
}

void set_member(Value& object, std::string_view key, Value value, Arena& arena) {
  if (Value* there = find(object, key)) {
    *there = value;  // RapidJSON's assignment moves
    return;
  }
  object.AddMember(make_string(key, arena), value, arena);
}

}  // namespace modelgate::spec
