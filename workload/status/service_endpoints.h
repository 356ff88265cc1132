// SPDX-License-Identifier: Apache-2.0
//
// Whether requests to a component reach a Pod: its Service exists and is ours, and one of its endpoints is ready.
// Used by the files of this folder only.
//
//   if (auto why = unreachable(observed, "iris-predictor")) conditions.set("PredictorReady", std::move(*why));
#pragma once

#include <optional>
#include <string_view>

#include "spec/json.h"
#include "workload/status/conditions.h"
#include "workload/status/observed.h"

namespace modelgate::workload {

inline constexpr std::string_view kEndpointSliceKind = "EndpointSlice";
/// The label of an EndpointSlice with the name of its Service.
inline constexpr std::string_view kServiceNameLabel = "kubernetes.io/service-name";

/// An endpoint of an EndpointSlice that gets requests. An unknown state counts as ready, as it does for kube-proxy.
bool is_ready_endpoint(const spec::Value& endpoint);

/// A Service of the component exists that the InferenceService owns; true if Services are unknown.
bool has_service(const Observed& observed, std::string_view component);

/// The state of a component whose Pods get no requests; nullopt if they do, or if that is unknown. One that is at rest
/// (observed_component.h) needs no endpoint.
std::optional<ConditionState> unreachable(const Observed& observed, std::string_view component,
                                          bool at_rest = false);

}  // namespace modelgate::workload
