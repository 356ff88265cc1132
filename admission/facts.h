// SPDX-License-Identifier: Apache-2.0
//
// What admission may ask of the cluster beyond the catalog, and what it was told.
//
// A review that needs to know something returns `Needs`. Who runs it (the webhook's server, the command line)
// looks those objects up, each within the request's own deadline, and reviews once more with the `Facts`; at
// most kMaxRounds times. An object is there, is not there, or nobody could say: and what nobody could say
// never denies.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spec/json.h"

namespace modelgate::admission {

/// Rounds of asking for one request. Two suffice for everything that refers to something that refers on (a
/// ServiceAccount to its Secrets); the third is for what a later rule finds.
inline constexpr int kMaxRounds = 3;

/// An object of the cluster by name.
struct ObjectKey {
  std::string kind;        // "Secret", "ServingRuntime", ...
  std::string namespace_;  // empty for cluster-scoped kinds
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
};

struct Fact {
  enum class State { kUnknown, kAbsent, kPresent };
  State state = State::kUnknown;
  /// The object where it is present, else nullptr. Owned by whoever made the Facts.
  const spec::Value* object = nullptr;
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

/// The objects to look up before the review can go on. Never empty, never twice the same.
struct Needs {
  std::vector<ObjectKey> objects;
};

}  // namespace modelgate::admission
