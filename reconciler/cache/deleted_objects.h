// SPDX-License-Identifier: Apache-2.0
//
// Objects that we deleted, until their watch event arrives: earlier events of them may still arrive, and must
// not bring them back. For tables.h.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "kube/client/object.h"

namespace modelgate::reconciler {

class DeletedObjects {
 public:
  /// `version`: the last one that was cached.
  void add(std::string_view uid, std::string_view version) {
    entries_[std::string(uid)] = {std::string(version), 0};
  }
  /// True if `object` is in a state from before its deletion. `list`: the number of the list that contains it;
  /// 0 for a watch event.
  bool contains(const kube::Object& object, std::uint32_t list);
  void drop(std::string_view uid);
  /// Drops those that the list did not contain.
  void drop_unseen(std::uint32_t list);

 private:
  struct Entry {
    std::string version;
    std::uint32_t seen = 0;
  };
  std::map<std::string, Entry, std::less<>> entries_;  // by uid
};

}  // namespace modelgate::reconciler
