// SPDX-License-Identifier: Apache-2.0
//
// The rules about ServingRuntimes and ClusterServingRuntimes. The table that runs them is in
// runtime_rules.cc.
#pragma once

#include <span>

#include "validation/rules.h"

namespace modelgate::validation {

std::span<const Rule<RuntimeObject>> runtime_rules();

// runtime_formats.cc
void check_priorities_agree(const RuntimeObject&, Report&);  // of one format in one runtime
void check_priorities_agree_always(const RuntimeObject&, Report&);
void check_priorities_differ(const RuntimeObject&, Report&);  // from other runtimes' of the format
void check_formats(const RuntimeObject&, Report&);            // named, priority from 1, none twice
void check_protocol_versions(const RuntimeObject&, Report&);

// multi_node.cc
void check_worker_spec_stays(const RuntimeObject&, Report&);
void check_runtime_multi_node(const RuntimeObject&, Report&);
void check_runtime_gpu_resource_types(const RuntimeObject&, Report&);

// blocked_env.cc
void check_runtime_blocked_env(const RuntimeObject&, Report&);
void check_runtime_blocked_env_everywhere(const RuntimeObject&, Report&);

// runtime_containers.cc
void check_serving_container(const RuntimeObject&, Report&);
void check_runtime_names(const RuntimeObject&, Report&);  // labels, annotations
// templates.cc
void check_runtime_templates(const RuntimeObject&, Report&);

}  // namespace modelgate::validation
