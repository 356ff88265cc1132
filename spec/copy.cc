// SPDX-License-Identifier: Apache-2.0
#include "spec/copy.h"

namespace modelgate::spec {

// As deep as the document is; its reader bounds that.
Value copy(const Value& value, Arena& arena) {
  if (value.IsObject()) {
    Value out(rapidjson::kObjectType);
    for (const auto& m : value.GetObject()) out.AddMember(Value(m.name, arena), copy(m.value, arena), arena);
    return out;
  }
  if (value.IsArray()) {
    Value out(rapidjson::kArrayType);
    out.Reserve(value.Size(), arena);
    for (const Value& element : value.GetArray()) out.PushBack(copy(element, arena), arena);
    return out;
  }
  return Value(value, arena);
}

}  // namespace modelgate::spec
