// SPDX-License-Identifier: Apache-2.0
//
// Applies a patch as the API server does, for tests that check a patch by what it leads to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "spec/json.h"

namespace modelgate::spec {

inline std::string unescape_pointer_token(std::string token) {
  for (std::size_t at; (at = token.find("~1")) != token.npos;) token.replace(at, 2, "/");
  for (std::size_t at; (at = token.find("~0")) != token.npos;) token.replace(at, 2, "~");
  return token;
}

/// RFC 6902's add, remove and replace; fails the test where the RFC says that the operation fails. Stands for
/// the API server's interpreter.
inline void apply_json_patch(Value& document, const Value& patch, Arena& arena) {
  for (const Value& op : patch.GetArray()) {
    std::string pointer(text_of(*find(op, "path")));
    const std::string_view kind = text_of(*find(op, "op"));
    const auto slash = pointer.rfind('/');
    ASSERT_NE(slash, pointer.npos);
    const std::string last = unescape_pointer_token(pointer.substr(slash + 1));
    Value* parent = &document;
    std::string way = pointer.substr(0, slash);
    while (!way.empty()) {
      way.erase(0, 1);
      const auto end = std::min(way.find('/'), way.size());
      const std::string token = unescape_pointer_token(way.substr(0, end));
      parent = parent->IsArray() ? &(*parent)[static_cast<unsigned>(std::stoi(token))] : find(*parent, token);
      ASSERT_NE(parent, nullptr) << pointer;
      way.erase(0, end);
    }
    const Value* value = find(op, "value");
    if (parent->IsArray()) {
      if (last == "-") {
        ASSERT_EQ(kind, "add");
        parent->PushBack(clone(*value, arena), arena);
      } else {
        ASSERT_EQ(kind, "replace");
        (*parent)[static_cast<unsigned>(std::stoi(last))] = clone(*value, arena);
      }
    } else if (kind == "remove") {
      ASSERT_TRUE(find(*parent, last)) << pointer;
      parent->RemoveMember(last.c_str());
    } else {
      if (kind == "replace") {
        ASSERT_TRUE(find(*parent, last)) << pointer;
      }
      set_member(*parent, last, clone(*value, arena), arena);
    }
  }
}

}  // namespace modelgate::spec
