// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/name_list.h"

#include <utility>

namespace modelgate::reconciler {

void NameList::replace(std::vector<kube::Object> objects) {
  Names names;
  for (const kube::Object& o : objects) names.emplace(o.name());
  const bool changed = listed_ && names != names_;
  names_ = std::move(names);
  listed_ = true;
  if (changed) on_change_();
}

void NameList::upsert(kube::Object object) {
  if (names_.emplace(object.name()).second) on_change_();
}

void NameList::remove(kube::Object object) {
  const auto it = names_.find(object.name());
  if (it == names_.end()) return;
  names_.erase(it);
  on_change_();
}

}  // namespace modelgate::reconciler
