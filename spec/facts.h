// SPDX-License-Identifier: Apache-2.0
//
// Objects of the cluster that a pure function needs beyond the catalog.
//
//   if (const Fact* fact = facts.find(key)) use(*fact);
//   else needs.objects.push_back(key);      // and continue without it: the next round has it
//
// The function returns the objects that it needs (`Needs`). The caller (webhook, reconciler or command) looks
// them up, each with its own deadline, and calls again with the `Facts`. An object is present, absent or
// unknown (the lookup failed). An unknown object is never a reason to deny.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spec/json.h"

namespace modelgate::spec {

/// An object of the cluster by name.
struct ObjectKey {
  std::string kind;        // "Secret", "ServingRuntime", ...
  std::string namespace_;  // empty for cluster-scoped kinds
  std::string name;        // empty: all of that kind in the namespace, as one List with `items`
  auto operator<=>(const ObjectKey&) const = default;
};

struct Fact {
  enum class State { kUnknown, kAbsent, kPresent };
  State state = State::kUnknown;
  /// The object if it is present, else nullptr. Owned by the creator of the Facts.
  const Value* object = nullptr;
};

class Facts {
 public:
  void add(ObjectKey key, Fact fact) { facts_.insert_or_assign(std::move(key), fact); }
  /// nullptr if it was not looked up yet.
  const Fact* find(const ObjectKey& key) const {
    const auto it = facts_.find(key);
    return it == facts_.end() ? nullptr : &it->second;
  }
  bool empty() const { return facts_.empty(); }
  auto begin() const { return facts_.begin(); }
  auto end() const { return facts_.end(); }

 private:
  std::map<ObjectKey, Fact> facts_;
};

/// The objects to look up first. Not empty, without duplicates.
struct Needs {
  std::vector<ObjectKey> objects;
};

}  // namespace modelgate::spec
