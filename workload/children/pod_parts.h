// SPDX-License-Identifier: Apache-2.0
//
// Parts of PodSpecs that all components share: the fields of a component that belong to its PodSpec,
// arguments of containers, and the defaults that KServe writes out. Called by the components' builders.
#pragma once

#include <string_view>

#include "spec/core.h"
#include "spec/json.h"
#include "spec/schema.h"
#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// The members of an object that are fields of a type, such as the PodSpec in a component.
spec::Value fields_of(const spec::Value* object, const spec::schema::Type& type, spec::Arena& arena);

/// A PodSpec without containers: the fields that KServe takes from the runtime (or its workers), merged with
/// the component's own.
spec::Value merged_pod_spec(const spec::ObjectView& runtime, const spec::ObjectView& own, spec::Arena& arena);

/// The list at `key` of an object; created if it is missing.
spec::Value& list_at(spec::Value& object, std::string_view key, spec::Arena& arena);
/// The first container of that name, or nullptr.
spec::Value* container_named(spec::Value& pod_spec, std::string_view name);

/// Sets the variable with the service's name in each container.
void name_service_in(spec::Value& pod_spec, std::string_view service, spec::Arena& arena);

/// Whether an argument starts with the prefix.
bool has_arg(const spec::Value& container, std::string_view prefix);
void add_arg(spec::Value& container, std::string_view arg, spec::Arena& arena);
/// Adds `--name value` unless an argument starts with the name.
void default_arg(spec::Value& container, std::string_view name, std::string_view value, spec::Arena& arena);

/// Writes the defaults that KServe writes: Kubernetes' own, except for imagePullPolicy: IfNotPresent, and a
/// readiness probe of the first port for containers that serve.
void write_pod_defaults(spec::Value& pod_spec, spec::Arena& arena);

/// Makes the PodSpec canonical, and reports what the API server would reject: mounts without a volume. False
/// after a fatal problem was reported.
bool finish_pod(ServiceBuild& build, const Component& component, spec::Value& pod_spec);

// Annotations by which admission adds the agent (annotations.h).
void annotate_logger(const spec::LoggerView& logger, StringMap& annotations);
void annotate_batcher(const spec::BatcherView& batcher, StringMap& annotations);

}  // namespace modelgate::workload
