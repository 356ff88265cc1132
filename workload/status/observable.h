// SPDX-License-Identifier: Apache-2.0
//
// The fields of an object that the status is computed from, and no others: a tenth of a Pod. Called by the
// reconciler, whose cache holds nothing else of Deployments, Pods and routes.
//
//   cache.put(key, spec::to_json(observable(event.object, arena, "Pod")));
//
// Contract: ready_components() and build_status() return the same for trimmed objects as for whole ones,
// whatever these contain. `metadata` retains what identifies the object (name, namespace, uid,
// resourceVersion, generation, creationTimestamp, deletionTimestamp) and its owner (ownerReferences, the
// labels of our selectors). Trimming twice changes nothing.
//
// Known kinds are Deployment, ReplicaSet, Pod, EndpointSlice (of which one ready endpoint is retained), HTTPRoute,
// Ingress, VirtualService, Knative's Service, HorizontalPodAutoscaler and ScaledObject. Any other kind retains `metadata` and the conditions of its status.
#pragma once

#include <string_view>

#include "spec/json.h"

namespace modelgate::workload {

/// `kind` is for items of a list, which have no `kind` of their own.
spec::Value observable(const spec::Value& object, spec::Arena& arena, std::string_view kind = {});

}  // namespace modelgate::workload
