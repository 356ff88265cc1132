// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/owners.h"

namespace modelgate::reconciler {

Text Owner::shared_uid(std::string_view uid) const {
  if (service && service->uid.view() == uid) return service->uid;
  for (const MemberRef& ref : members) {
    if (ref.member->owner_uid.view() == uid) return ref.member->owner_uid;
  }
  return Text(uid);
}

Owner& Owners::get(NameView name) {
  const auto known = owners_.find(name);
  if (known != owners_.end()) return known->second;
  const auto added = owners_.try_emplace(Name{Text(name.ns), Text(name.name)}).first;
  added->second.name = &added->first;
  return added->second;
}

const Owner* Owners::find(NameView name) const {
  const auto it = owners_.find(name);
  return it == owners_.end() ? nullptr : &it->second;
}

void Owners::drop_if_empty(Owner& owner) {
  if (!owner.service && owner.members.empty()) owners_.erase(owners_.find(owner.name->view()));
}

}  // namespace modelgate::reconciler
