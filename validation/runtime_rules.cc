// SPDX-License-Identifier: Apache-2.0
#include "validation/runtime_rules.h"

#include <array>

#include "validation/blocked_env.h"
#include "validation/child_annotations.h"
#include "validation/containers.h"
#include "validation/denied_annotations.h"
#include "validation/multi_node.h"
#include "validation/pod_fields.h"
#include "validation/resources.h"
#include "validation/runtime_containers.h"
#include "validation/runtime_formats.h"
#include "validation/scheduling.h"
#include "validation/templates.h"
#include "validation/volumes.h"

namespace modelgate::validation {
namespace {

constexpr Origin kKServe = Origin::kKServe;
constexpr Origin kStrict = Origin::kStrict;
constexpr Ratchet kRatchets = Ratchet::kRatchets;
constexpr Ratchet kTransition = Ratchet::kTransition;

/// KServe's rules run first, then ours, each in this order.
constexpr auto kRules = std::to_array<Rule<RuntimeObject>>({
    // What it serves
    {{"runtime-priorities-agree", kKServe, kRatchets}, check_priorities_agree},
    {{"runtime-priorities-agree-always", kStrict, kRatchets}, check_priorities_agree_always},
    {{"runtime-priorities-differ", kKServe, kRatchets}, check_priorities_differ},
    {{"runtime-formats", kStrict, kRatchets}, check_formats},
    {{"runtime-protocols", kStrict, kRatchets}, check_protocol_versions},

    // Several nodes
    {{"worker-spec-stays", kKServe, kTransition}, check_worker_spec_stays},
    {{"runtime-multi-node", kKServe, kRatchets}, check_runtime_multi_node},
    {{"runtime-gpu-resource-types", kStrict, kRatchets}, check_runtime_gpu_resource_types},

    // Containers and Pods
    {{"runtime-blocked-env", kKServe, kRatchets}, check_runtime_blocked_env},
    {{"runtime-blocked-env-everywhere", kStrict, kRatchets}, check_runtime_blocked_env_everywhere},
    {{"serving-container", kStrict, kRatchets}, check_serving_container},
    {{"runtime-templates", kStrict, kRatchets}, check_runtime_templates},
    {{"runtime-labels-and-annotations", kStrict, kRatchets}, check_runtime_metadata_maps},
    {{"child-annotations", kStrict, kRatchets}, check_runtime_child_annotations},
    {{"runtime-denied-annotations", kStrict, kRatchets}, check_denied_runtime_annotations},
    {{"quantities", kKServe, kRatchets}, on_workloads<check_quantities>},
    {{"resource-names", kStrict, kRatchets}, on_workloads<check_resource_names>},
    {{"limits", kStrict, kRatchets}, on_workloads<check_limits>},
    {{"container-names", kStrict, kRatchets}, on_workloads<check_container_names>},
    {{"images", kStrict, kRatchets}, check_runtime_images},
    {{"env", kStrict, kRatchets}, on_workloads<check_env>},
    {{"env-once", kStrict, kRatchets}, on_workloads<check_env_once>},
    {{"ports", kStrict, kRatchets}, on_workloads<check_ports>},
    {{"volumes", kStrict, kRatchets}, on_workloads<check_volumes>},
    {{"mounts", kStrict, kRatchets}, on_workloads<check_mounts>},
    {{"tolerations", kStrict, kRatchets}, on_workloads<check_tolerations>},
    {{"node-selectors", kStrict, kRatchets}, on_workloads<check_node_selectors>},
    {{"pod-fields", kStrict, kRatchets}, on_workloads<check_pod_fields>},
});

}  // namespace

std::span<const Rule<RuntimeObject>> runtime_rules() {
  return kRules;
}

}  // namespace modelgate::validation
