// SPDX-License-Identifier: Apache-2.0
//
// Parts of Pods that all components are made of: what of a component's fields belongs to its PodSpec,
// variables and arguments that are added to containers, and the defaults that KServe writes out.
#pragma once

#include <string_view>
#include <vector>

#include "spec/core.h"
#include "spec/json.h"
#include "spec/schema.h"
#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// The members of an object that are fields of a type: a component's PodSpec, a model's container.
spec::Value fields_of(const spec::Value* object, const spec::schema::Type& type, spec::Arena& arena);

/// A PodSpec without containers: of the runtime's (or its workers') what KServe takes over, and over that the
/// component's own fields.
spec::Value merged_pod_spec(const spec::ObjectView& runtime, const spec::ObjectView& own, spec::Arena& arena);

/// The list at `key` of an object; made where it is missing.
spec::Value& list_at(spec::Value& object, std::string_view key, spec::Arena& arena);
/// Every container of that name.
std::vector<spec::Value*> containers_named(spec::Value& pod_spec, std::string_view name);
spec::Value* container_named(spec::Value& pod_spec, std::string_view name);

/// Sets the value of the first variable of that name, or appends one.
void set_env(spec::Value& container, std::string_view name, std::string_view value, spec::Arena& arena);
/// Unless there is one of that name.
void default_env(spec::Value& container, std::string_view name, std::string_view value, spec::Arena& arena);
/// To every container, the name of the service.
void name_service_in(spec::Value& pod_spec, std::string_view service, spec::Arena& arena);

/// True where an argument starts with it.
bool has_arg(const spec::Value& container, std::string_view prefix);
void add_arg(spec::Value& container, std::string_view arg, spec::Arena& arena);
/// `--name value`, unless an argument starts with the name.
void default_arg(spec::Value& container, std::string_view name, std::string_view value, spec::Arena& arena);

/// What KServe writes out of Kubernetes' defaults, some with other values (imagePullPolicy: IfNotPresent),
/// and a readiness probe of the first port for containers that serve.
void write_pod_defaults(spec::Value& pod_spec, spec::Arena& arena);

/// Canonical, and checked for what the API server would refuse: mounts of volumes that are not there. False
/// where a fatal problem was told.
bool finish_pod(ServiceBuild& build, const Component& component, spec::Value& pod_spec);

// What a component passes on to its Pods by annotations (annotations.h).
void annotate_logger(const spec::LoggerView& logger, StringMap& annotations);
void annotate_batcher(const spec::BatcherView& batcher, StringMap& annotations);

}  // namespace modelgate::workload
