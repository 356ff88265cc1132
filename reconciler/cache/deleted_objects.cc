// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/deleted_objects.h"

#include "reconciler/cache/cache_entry.h"

namespace modelgate::reconciler {

bool DeletedObjects::contains(const kube::Object& object, std::uint32_t list) {
  const auto it = entries_.find(object.uid());
  if (it == entries_.end()) return false;
  it->second.seen = list;
  const std::string_view version = object.resource_version();
  return version == it->second.version || is_older_version(version, it->second.version);
}

void DeletedObjects::drop(std::string_view uid) {
  const auto it = entries_.find(uid);
  if (it != entries_.end()) entries_.erase(it);
}

void DeletedObjects::drop_unseen(std::uint32_t list) {
  std::erase_if(entries_, [list](const auto& entry) { return entry.second.seen != list; });
}

}  // namespace modelgate::reconciler
