// SPDX-License-Identifier: Apache-2.0
#include "workload/status/service_endpoints.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/view.h"

namespace modelgate::workload {
namespace {

using spec::ObjectView;
using spec::Value;

/// The component's Service that is not being deleted; absent if there is none.
ObjectView service_of(const Observed& observed, std::string_view component) {
  for (const Value* s : *observed.services) {
    const ObjectView metadata = ObjectView(s).object("metadata");
    if (metadata.string("name") == component && !metadata.has("deletionTimestamp")) return ObjectView(s);
  }
  return {};
}

/// A slice of an earlier Service of the same name remains until the garbage collector deletes it.
bool is_of_another(const ObjectView& slice, std::string_view service_uid) {
  if (service_uid.empty()) return false;
  return std::ranges::any_of(slice.object("metadata").list("ownerReferences"), [&](const ObjectView& owner) {
    return owner.string("kind") == "Service" && owner.string("uid") != service_uid;
  });
}

bool has_ready_endpoint(const ObjectView& slice) {
  return std::ranges::any_of(slice.list("endpoints"),
                             [](const ObjectView& e) { return e && is_ready_endpoint(*e.value()); });
}

}  // namespace

bool is_ready_endpoint(const Value& endpoint) {
  const ObjectView view(endpoint);
  return view && view.object("conditions").boolean("ready").value_or(true);
}

bool has_service(const Observed& observed, std::string_view component) {
  return !observed.services || service_of(observed, component);
}

std::optional<ConditionState> unreachable(const Observed& observed, std::string_view component,
                                          bool at_rest) {
  if (!has_service(observed, component)) {
    return ConditionState{
        "False", "ServiceNotCreated",
        fmt::format("Pods are available, but no Service {} of this InferenceService exists", component)};
  }
  if (!observed.endpoint_slices || at_rest) return std::nullopt;
  std::string_view uid;
  if (observed.services) uid = service_of(observed, component).object("metadata").string("uid");
  for (const Value* s : *observed.endpoint_slices) {
    const ObjectView slice(s);
    const std::string_view of = slice.object("metadata").object("labels").string(kServiceNameLabel);
    if (of == component && !is_of_another(slice, uid) && has_ready_endpoint(slice)) return std::nullopt;
  }
  return ConditionState{
      "False", "NoReadyEndpoints",
      fmt::format("Pods are available, but no endpoint of the Service {} is ready", component)};
}

}  // namespace modelgate::workload
