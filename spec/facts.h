// SPDX-License-Identifier: Apache-2.0
//
// What a function of ours may ask of the cluster beyond the catalog, and what it was told.
//
//   if (const Fact* fact = facts.find(key)) use(*fact);
//   else needs.objects.push_back(key);      // and go on without it: the next round will know
//
// Who needs to know something says so (`Needs`). Who runs it (the webhook's server, the command line, the
// reconciler) looks those objects up, each within its own deadline, and calls once more with the `Facts`. An
// object is there, is not there, or nobody could say: and what nobody could say never denies.
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
  std::string name;        // empty: all of that kind in that place, as one List with `items`
  auto operator<=>(const ObjectKey&) const = default;
};

struct Fact {
  enum class State { kUnknown, kAbsent, kPresent };
  State state = State::kUnknown;
  /// The object where it is present, else nullptr. Owned by whoever made the Facts.
  const Value* object = nullptr;
};

class Facts {
 public:
  void tell(ObjectKey key, Fact fact) { facts_.insert_or_assign(std::move(key), fact); }
  /// The answer, or nullptr where it was not asked for yet.
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

/// The objects to look up before there can be an answer. Never empty, never twice the same.
struct Needs {
  std::vector<ObjectKey> objects;
};

}  // namespace modelgate::spec
