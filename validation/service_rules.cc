// SPDX-License-Identifier: Apache-2.0
#include "validation/service_rules.h"

#include <array>

#include "validation/blocked_env.h"
#include "validation/canaries.h"
#include "validation/child_annotations.h"
#include "validation/components.h"
#include "validation/containers.h"
#include "validation/denied_annotations.h"
#include "validation/deployment_mode.h"
#include "validation/multi_node.h"
#include "validation/pod_fields.h"
#include "validation/resources.h"
#include "validation/rollout.h"
#include "validation/runtime_choice.h"
#include "validation/scaling.h"
#include "validation/scheduling.h"
#include "validation/service_names.h"
#include "validation/storage.h"
#include "validation/templates.h"
#include "validation/tracing.h"
#include "validation/volumes.h"
#include "validation/without_effect.h"

namespace modelgate::validation {
namespace {

constexpr Origin kKServe = Origin::kKServe;
constexpr Origin kStrict = Origin::kStrict;
constexpr Ratchet kRatchets = Ratchet::kRatchets;
constexpr Ratchet kTransition = Ratchet::kTransition;

/// KServe's rules run first, then ours, each in this order.
constexpr auto kRules = std::to_array<Rule<Service>>({
    // Names
    {{"service-name", kKServe, kRatchets}, check_service_name},
    {{"derived-names", kStrict, kRatchets}, check_derived_names},
    {{"predictor-name", kStrict, kRatchets}, check_predictor_names},
    {{"predictor-name-change", kKServe, kTransition}, check_predictor_name_change},
    {{"labels-and-annotations", kStrict, kRatchets}, check_metadata_maps},
    {{"child-annotations", kStrict, kRatchets}, check_child_annotations},
    {{"denied-annotations", kStrict, kRatchets}, check_denied_annotations},
    {{"deployment-mode-change", kKServe, kTransition}, check_deployment_mode_change},
    {{"deployment-mode", kStrict, kRatchets}, check_deployment_mode_known},

    // Components
    {{"one-implementation", kKServe, kRatchets}, check_one_implementation},
    {{"framework-fields", kKServe, kRatchets}, check_framework_fields},
    {{"standard-predictor-name", kKServe, kRatchets}, check_standard_predictor_name},
    {{"custom-protocol", kKServe, kRatchets}, check_custom_protocol},
    {{"protocol-version", kStrict, kRatchets}, check_protocol_version},
    {{"logger", kKServe, kRatchets}, check_logger},
    {{"positive-numbers", kStrict, kRatchets}, check_positive_numbers},
    {{"tracing", kKServe, kRatchets}, check_tracing},
    {{"tracing-values", kStrict, kRatchets}, check_tracing_values},

    // Scaling
    {{"autoscaler-class", kKServe, kRatchets}, check_autoscaler_class},
    {{"replicas", kKServe, kRatchets}, check_replicas},
    {{"container-concurrency", kKServe, kRatchets}, check_container_concurrency},
    {{"scaling-metrics", kKServe, kRatchets}, check_scaling_metrics},
    {{"metric-quantities", kKServe, kRatchets}, check_metric_quantities},
    {{"scaling-metrics-closely", kStrict, kRatchets}, check_scaling_metrics_closely},
    {{"scaling-behavior", kStrict, kRatchets}, check_scaling_behavior},
    {{"deployment-strategy", kStrict, kRatchets}, check_deployment_strategy},
    {{"canary-traffic-percent", kStrict, kRatchets}, check_canary_traffic_percent},

    // Model and storage
    {{"model-format", kStrict, kRatchets}, check_model_format},
    {{"named-runtime", kStrict, kRatchets}, check_named_runtime},
    {{"one-storage-form", kKServe, kRatchets}, check_one_storage_form},
    {{"storage-uris", kKServe, kRatchets}, check_storage_uris},
    {{"storage-mount-paths", kStrict, kRatchets}, check_storage_mount_paths},
    {{"transformer-container-storage", kKServe, kRatchets}, check_transformer_container_storage},
    {{"storage-spec-types", kKServe, kRatchets}, check_storage_spec_types},
    {{"storage-uri-beside-storage", kStrict, kRatchets}, check_storage_uri_beside_storage},
    {{"storage-uri", kStrict, kRatchets}, check_storage_uri_supported},
    {{"confidential", kKServe, kRatchets}, check_confidential},

    // Several nodes, several versions
    {{"multi-node", kKServe, kRatchets}, check_multi_node},
    {{"gpu-resource-types", kStrict, kRatchets}, check_gpu_resource_types},
    {{"canary-form", kKServe, kRatchets}, check_canary_form},
    {{"canaries", kKServe, kRatchets}, check_canaries},

    // Containers and Pods
    {{"blocked-env", kKServe, kRatchets}, check_blocked_env},
    {{"blocked-env-everywhere", kStrict, kRatchets}, check_blocked_env_everywhere},
    {{"quantities", kKServe, kRatchets}, on_workloads<check_quantities>},
    {{"resource-names", kStrict, kRatchets}, on_workloads<check_resource_names>},
    {{"limits", kStrict, kRatchets}, on_workloads<check_limits>},
    {{"limits-with-runtime", kStrict, kRatchets}, check_limits_against_runtime},
    {{"container-names", kStrict, kRatchets}, on_workloads<check_container_names>},
    {{"images", kStrict, kRatchets}, check_images},
    {{"env", kStrict, kRatchets}, on_workloads<check_env>},
    {{"env-once", kStrict, kRatchets}, on_workloads<check_env_once>},
    {{"ports", kStrict, kRatchets}, on_workloads<check_ports>},
    {{"volumes", kStrict, kRatchets}, on_workloads<check_volumes>},
    {{"mounts", kStrict, kRatchets}, on_workloads<check_mounts>},
    {{"mounts-have-volumes", kStrict, kRatchets}, check_mounts_have_volumes},
    {{"model-templates", kStrict, kRatchets}, check_model_templates},
    {{"tolerations", kStrict, kRatchets}, on_workloads<check_tolerations>},
    {{"node-selectors", kStrict, kRatchets}, on_workloads<check_node_selectors>},
    {{"pod-fields", kStrict, kRatchets}, on_workloads<check_pod_fields>},

    // Warnings only
    {{"without-effect", kStrict, kRatchets}, check_without_effect},
});

}  // namespace

std::span<const Rule<Service>> service_rules() {
  return kRules;
}

}  // namespace modelgate::validation
