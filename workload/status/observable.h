// SPDX-License-Identifier: Apache-2.0
//
// What of an object the status is read from, and nothing else: a tenth of a Pod. Who calls: the reconciler,
// for what it keeps of each Deployment, Pod and route that it watches.
//
//   cache.put(key, spec::to_json(observable(event.object, arena, "Pod")));
//
// Contract: status.h says the same of trimmed objects as of whole ones: ready_components() and
// build_status(), for anything whatever. Of `metadata` there is what tells one object from another (name,
// namespace, uid, resourceVersion, generation, when it was made and is to go), whose it is (ownerReferences,
// the labels by which Pods are found) and nothing that others write. Trimming twice changes nothing.
//
// Known are Deployment, ReplicaSet, Pod, HTTPRoute, Ingress, VirtualService, HorizontalPodAutoscaler and
// ScaledObject. Of any other kind there are `metadata` and the status' conditions.
#pragma once

#include <string_view>

#include "spec/json.h"

namespace modelgate::workload {

/// `kind` is for objects out of a list, which do not name their own.
spec::Value observable(const spec::Value& object, spec::Arena& arena, std::string_view kind = {});

}  // namespace modelgate::workload
