// SPDX-License-Identifier: Apache-2.0
//
// The rules about InferenceServices: what each is about, by the file that holds it. The table that runs them
// is in service_rules.cc.
#pragma once

#include <span>

#include "validation/rules.h"

namespace modelgate::validation {

std::span<const Rule<Service>> service_rules();

// service_names.cc
void check_service_name(const Service&, Report&);           // its form, as KServe wants it
void check_derived_names(const Service&, Report&);          // what is named after it fits
void check_predictor_names(const Service&, Report&);        // a variant's name has a name's form
void check_metadata_maps(const Service&, Report&);          // labels and annotations, also the components'
void check_predictor_name_change(const Service&, Report&);  // only together with the model

// deployment_mode.cc
void check_deployment_mode_change(const Service&, Report&);
void check_deployment_mode_known(const Service&, Report&);

// components.cc
void check_one_implementation(const Service&, Report&);
void check_framework_fields(const Service&, Report&);         // what two or three frameworks ask for
void check_standard_predictor_name(const Service&, Report&);  // `name` beside the fields of `model`
void check_custom_protocol(const Service&, Report&);
void check_protocol_version(const Service&, Report&);
void check_logger(const Service&, Report&);
void check_positive_numbers(const Service&, Report&);  // timeout, batcher

// scaling.cc
void check_autoscaler_class(const Service&, Report&);
void check_replicas(const Service&, Report&);
void check_container_concurrency(const Service&, Report&);
void check_scaling_metrics(const Service&, Report&);          // as KServe does for HPA, KEDA and Knative
void check_metric_quantities(const Service&, Report&);        // they parse
void check_scaling_metrics_closely(const Service&, Report&);  // where KServe does not look
void check_canary_traffic_percent(const Service&, Report&);

// storage.cc
void check_one_storage_form(const Service&, Report&);     // storageUri or storageUris
void check_storage_uris(const Service&, Report&);         // the list
void check_storage_mount_paths(const Service&, Report&);  // more about it
void check_transformer_container_storage(const Service&, Report&);
void check_storage_spec_types(const Service&, Report&);  // of art and some frameworks
void check_storage_uri_beside_storage(const Service&, Report&);
void check_storage_uri_supported(const Service&, Report&);
void check_confidential(const Service&, Report&);

// blocked_env.cc
void check_blocked_env(const Service&, Report&);
void check_blocked_env_everywhere(const Service&, Report&);

// multi_node.cc
void check_multi_node(const Service&, Report&);
void check_gpu_resource_types(const Service&, Report&);

// canaries.cc
void check_canary_form(const Service&, Report&);  // a list, in Standard mode, beside a model
void check_canaries(const Service&, Report&);

// runtime_choice.cc
void check_model_format(const Service&, Report&);
void check_named_runtime(const Service&, Report&);

// Of containers and Pods, where a service knows more than they do.
void check_limits_against_runtime(const Service&, Report&);  // resources.cc
void check_images(const Service&, Report&);                  // containers.cc
void check_mounts_have_volumes(const Service&, Report&);     // volumes.cc
void check_model_templates(const Service&, Report&);         // templates.cc

}  // namespace modelgate::validation
