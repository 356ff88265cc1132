// SPDX-License-Identifier: Apache-2.0
//
// What there is of one component: its Deployments and Pods, and what is wrong with those Pods that matter.
// For status.cc and ready_components.cc only.
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

/// Pods that are being deleted are none any more.
struct Parts {
  std::vector<const spec::Value*> deployments;
  std::vector<spec::PodView> pods;    // newest first
  std::vector<spec::PodView> copies;  // those of them that answer requests: no workers

  /// Of the Pods that are to serve: those of an earlier template, and one that failed for good and has a
  /// successor, only wait to be taken away.
  std::vector<PodTrouble> troubles() const;
};

/// The one to tell of: what the scheduler waits for may pass, a failure is told first. nullptr where there is
/// none.
const PodTrouble* worst_of(const std::vector<PodTrouble>& troubles);

/// Of the component of that name, a head's and its workers'.
Parts parts_of(const Observed& observed, std::string_view component_name);

/// The components of a service that there are, with their names.
std::vector<std::pair<std::string_view, std::string>> components_of(const spec::InferenceServiceView& service,
                                                                    NameStyle style);

}  // namespace modelgate::workload
