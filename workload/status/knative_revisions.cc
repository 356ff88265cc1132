// SPDX-License-Identifier: Apache-2.0
#include "workload/status/knative_revisions.h"

#include <cstdint>
#include <string_view>

#include "spec/core.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

using spec::ObjectView;
using spec::Value;

struct RolledOut {
  std::string_view latest;
  std::string_view previous;
};

/// Of all targets with that revision, in percent.
std::int64_t traffic_to(const ObjectView& seen, std::string_view revision) {
  std::int64_t out = 0;
  for (const ObjectView& target : seen.list("traffic")) {
    if (target.string("revisionName") == revision) out += target.integer("percent").value_or(0);
  }
  return out;
}

RolledOut rolled_out(const ObjectView& old_entry, const ObjectView& seen) {
  RolledOut out{old_entry.string("latestRolledoutRevision"), old_entry.string("previousRolledoutRevision")};
  const std::string_view ready = seen.string("latestReadyRevisionName");
  if (ready.empty()) return out;
  for (const ObjectView& target : seen.list("traffic")) {
    const auto percent = target.integer("percent");
    if (target.string("revisionName") != ready || target.boolean("latestRevision") != true || !percent)
      continue;
    if (out.latest != ready) {
      if (*percent == 100) out = {ready, out.latest};
      continue;
    }
    const bool rolled_back =
        seen.string("latestCreatedRevisionName") == ready && *percent < 100 && traffic_to(seen, ready) == 100;
    if (rolled_back && !out.previous.empty()) out.latest = out.previous;
  }
  return out;
}

}  // namespace

Value revisions_of(const ObjectView& old_entry, const ObjectView& seen, spec::Arena& arena) {
  ObjectBuilder out(arena);
  if (!seen) return old_entry.value() ? spec::clone(*old_entry.value(), arena) : out.take();
  const RolledOut rolled = rolled_out(old_entry, seen);
  const bool ready = condition_of(seen, "Ready").string("status") == "True";
  const ObjectView where = ready && seen.has("url") ? seen : old_entry;
  const ObjectView address =
      ready && seen.object("address") ? seen.object("address") : old_entry.object("address");
  out.text_if_any("latestReadyRevision", seen.string("latestReadyRevisionName"))
      .text_if_any("latestCreatedRevision", seen.string("latestCreatedRevisionName"))
      .text_if_any("previousRolledoutRevision", rolled.previous)
      .text_if_any("latestRolledoutRevision", rolled.latest);
  const Value* traffic = seen.field("traffic");
  if (traffic && traffic->IsArray() && !traffic->Empty()) out.value("traffic", spec::clone(*traffic, arena));
  out.text_if_any("url", where.string("url"));
  if (address) out.value("address", spec::clone(*address.value(), arena));
  return out.take();
}

}  // namespace modelgate::workload
