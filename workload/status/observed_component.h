// SPDX-License-Identifier: Apache-2.0
//
// The observed Deployments and Pods of one component, and the trouble of its current Pods. Used by the files
// of this folder only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/core.h"
#include "spec/inference_service.h"
#include "spec/json.h"
#include "workload/objects/child_names.h"
#include "workload/status/observed.h"
#include "workload/status/pod_trouble.h"

namespace modelgate::workload {

/// Without Pods that are being deleted.
struct ObservedComponent {
  std::vector<const spec::Value*> deployments;
  std::vector<spec::PodView> pods;    // newest first
  std::vector<spec::PodView> copies;  // those that answer requests: no workers

  /// Of the current Pods. Pods of an earlier template, and a failed Pod that has a successor, do not count.
  std::vector<PodTrouble> troubles() const;
};

/// Of the component with that name; for a multi-node predictor, its head and its workers.
ObservedComponent observed_component(const Observed& observed, std::string_view component_name);

/// Scaled to zero, as its `minReplicas: 0` allows: no Pod has to answer.
bool is_at_rest(const spec::ComponentView& component, const ObservedComponent& observed);

/// The part of the service's spec with that kind of component.
spec::ComponentView component_view(const spec::InferenceServiceView& service, std::string_view kind);

/// The components that a service has, each with its name.
std::vector<std::pair<std::string_view, std::string>> components_of(const spec::InferenceServiceView& service,
                                                                    NameStyle style);

}  // namespace modelgate::workload
