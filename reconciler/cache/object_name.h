// SPDX-License-Identifier: Apache-2.0
//
// The namespace and name of a cached object, and maps by them. For the cache's own files.
#pragma once

#include <functional>
#include <string_view>
#include <unordered_map>

#include "kube/client/object.h"
#include "reconciler/cache/text.h"

namespace modelgate::reconciler {

struct NameView {
  std::string_view ns, name;
  NameView view() const { return *this; }
};

struct Name {
  Text ns, name;
  NameView view() const { return {ns.view(), name.view()}; }
};

inline NameView name_of(const kube::Object& object) {
  return {object.namespace_(), object.name()};
}

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(const auto& name) const noexcept {
    const std::hash<std::string_view> hash;
    return hash(name.view().ns) * 31 + hash(name.view().name);
  }
};

struct NameEqual {
  using is_transparent = void;
  bool operator()(const auto& a, const auto& b) const noexcept {
    return a.view().name == b.view().name && a.view().ns == b.view().ns;
  }
};

template <class T>
using ByName = std::unordered_map<Name, T, NameHash, NameEqual>;

}  // namespace modelgate::reconciler
