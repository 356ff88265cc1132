// SPDX-License-Identifier: Apache-2.0
#include "workload/children/wanted.h"

#include <algorithm>

#include "spec/view.h"

namespace modelgate::workload {

const Problem* Wanted::fatal(std::string_view component) const {
  const Problem* transient = nullptr;
  for (const Problem& p : problems) {
    if (!p.is_fatal() || p.component != component) continue;
    if (!p.transient) return &p;
    if (!transient) transient = &p;
  }
  return transient;
}

bool Wanted::retains(std::string_view kind, std::string_view name) const {
  const auto is_it = [&](const WantedObject& o) {
    const spec::ObjectView object(o.object);
    return object.string("kind") == kind && object.object("metadata").string("name") == name;
  };
  if (std::ranges::any_of(objects, is_it)) return false;
  if (stopped) return false;
  const auto is_named = [&](const RetainedObject& o) {
    return (o.kind.empty() || o.kind == kind) && o.name == name;
  };
  if (std::ranges::any_of(released, is_named)) return false;
  const bool incomplete = !needs.empty() || std::ranges::any_of(problems, &Problem::is_fatal);
  return incomplete || std::ranges::any_of(retained, is_named);
}

}  // namespace modelgate::workload
