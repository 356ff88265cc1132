// SPDX-License-Identifier: Apache-2.0
#include "workload/children/pod_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "spec/schema_core.h"
#include "workload/children/canonical.h"
#include "workload/objects/annotations.h"
#include "workload/objects/env.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/ports.h"
#include "workload/objects/strategic_merge.h"

namespace modelgate::workload {

using spec::Arena;
using spec::Value;

Value fields_of(const Value* object, const spec::schema::Type& type, Arena& arena) {
  Value out(rapidjson::kObjectType);
  if (!object || !object->IsObject()) return out;
  for (const auto& m : object->GetObject()) {
    const std::string_view name = spec::text_of(m.name);
    if (!spec::schema::find_field(type, name)) continue;
    out.AddMember(spec::make_string(name, arena), spec::clone(m.value, arena), arena);
  }
  return out;
}

Value merged_pod_spec(const spec::ObjectView& runtime, const spec::ObjectView& own, Arena& arena) {
  constexpr std::string_view kTaken[] = {"nodeSelector",     "affinity",      "tolerations",   "volumes",
                                         "imagePullSecrets", "schedulerName", "resourceClaims"};
  Value base(rapidjson::kObjectType);
  for (const std::string_view name : kTaken) {
    if (const Value* v = runtime.field(name))
      base.AddMember(spec::make_literal(name), spec::clone(*v, arena), arena);
  }
  Value over = fields_of(own.value(), spec::schema::kPodSpec, arena);
  over.RemoveMember("containers");
  return strategic_merge(base, over, spec::schema::kPodSpec, {}, arena);
}

Value& list_at(Value& object, std::string_view key, Arena& arena) {
  if (!spec::find(object, key)) spec::set_member(object, key, Value(rapidjson::kArrayType), arena);
  return *spec::find(object, key);
}

Value* container_named(Value& pod_spec, std::string_view name) {
  Value* list = spec::find(pod_spec, "containers");
  if (!list) return nullptr;
  const auto it = std::find_if(list->Begin(), list->End(),
                               [&](const Value& c) { return spec::ContainerView(c).name() == name; });
  return it == list->End() ? nullptr : it;
}

void name_service_in(Value& pod_spec, std::string_view service, Arena& arena) {
  Value* list = spec::find(pod_spec, "containers");
  if (!list) return;
  for (Value& c : list->GetArray()) {
    add_env(c, {.name = std::string(kServiceNameEnv), .value = std::string(service)}, SameName::kReplace,
            arena);
  }
}

bool has_arg(const Value& container, std::string_view prefix) {
  const Value* args = spec::find(container, "args");
  if (!args || !args->IsArray()) return false;
  return std::any_of(args->Begin(), args->End(),
                     [&](const Value& a) { return a.IsString() && spec::text_of(a).starts_with(prefix); });
}

void add_arg(Value& container, std::string_view arg, Arena& arena) {
  list_at(container, "args", arena).PushBack(make_text(arg, arena), arena);
}

void default_arg(Value& container, std::string_view name, std::string_view value, Arena& arena) {
  if (has_arg(container, name)) return;
  add_arg(container, name, arena);
  add_arg(container, value, arena);
}

namespace {

void default_member(Value& object, std::string_view key, Value value, Arena& arena) {
  const Value* present = spec::find(object, key);
  if (present && !(present->IsString() && present->GetStringLength() == 0)) return;
  spec::set_member(object, key, std::move(value), arena);
}

Value readiness_probe(const Value& container, Arena& arena) {
  const auto ports = spec::ContainerView(container).ports();
  const std::int64_t port =
      ports.empty() ? kModelServerPort : ports[0].container_port().value_or(kModelServerPort);
  return ObjectBuilder(arena)
      .value("tcpSocket", ObjectBuilder(arena).number("port", port).take())
      .number("timeoutSeconds", 1)
      .number("periodSeconds", 10)
      .number("successThreshold", 1)
      .number("failureThreshold", 3)
      .take();
}

void write_container_defaults(Value& container, Arena& arena) {
  default_member(container, "terminationMessagePath", spec::make_literal("/dev/termination-log"), arena);
  default_member(container, "terminationMessagePolicy", spec::make_literal("File"), arena);
  default_member(container, "imagePullPolicy", spec::make_literal("IfNotPresent"), arena);
  const std::string_view name = spec::ContainerView(container).name();
  const bool serves = name == container::kModelServer || name == container::kTransformer;
  if (serves && !spec::find(container, "readinessProbe")) {
    Value probe = readiness_probe(container, arena);
    spec::set_member(container, "readinessProbe", std::move(probe), arena);
  }
}

/// Prefixes of volumes that admission adds to a Pod, and that a container may mount by name.
constexpr std::array<std::string_view, 2> kAddedVolumePrefixes = {"kserve-", "modelconfig-"};

bool is_added_later(std::string_view volume) {
  return std::ranges::any_of(kAddedVolumePrefixes, [&](std::string_view p) { return volume.starts_with(p); });
}

/// Reports a mount without a volume; nullopt if there is none.
std::optional<std::string> check_mounts(const Value& pod_spec) {
  const spec::PodSpecView pod(pod_spec);
  std::set<std::string_view> volumes;
  for (const spec::VolumeView& v : pod.volumes()) volumes.insert(v.name());
  for (const auto& list : {pod.containers(), pod.init_containers()}) {
    for (const spec::ContainerView& c : list) {
      for (const spec::VolumeMountView& m : c.volume_mounts()) {
        if (volumes.contains(m.name()) || is_added_later(m.name())) continue;
        return fmt::format("the container \"{}\" mounts the volume \"{}\", which does not exist", c.name(),
                           m.name());
      }
    }
  }
  return std::nullopt;
}

}  // namespace

void write_pod_defaults(Value& pod_spec, Arena& arena) {
  default_member(pod_spec, "dnsPolicy", spec::make_literal("ClusterFirst"), arena);
  default_member(pod_spec, "restartPolicy", spec::make_literal("Always"), arena);
  default_member(pod_spec, "terminationGracePeriodSeconds", Value(30), arena);
  default_member(pod_spec, "securityContext", Value(rapidjson::kObjectType), arena);
  default_member(pod_spec, "schedulerName", spec::make_literal("default-scheduler"), arena);
  if (Value* list = spec::find(pod_spec, "containers")) {
    for (Value& c : list->GetArray()) write_container_defaults(c, arena);
  }
}

bool finish_pod(ServiceBuild& build, const Component& component, Value& pod_spec) {
  const Quantities quantities = build.context.problems_only ? Quantities::kUnchanged : Quantities::kCanonical;
  const Dropped dropped = make_canonical(pod_spec, spec::schema::kPodSpec, build.arena, quantities);
  for (const Duplicate& d : dropped.duplicates) {
    build.notice(component.kind, "DuplicateKey", component.path,
                 fmt::format("{} has \"{}\" twice; the last one is used", d.path, d.key));
  }
  for (const std::string& path : dropped.unknown) {
    build.notice(component.kind, "UnknownField", component.path,
                 fmt::format("{} is not a field of a Pod; it is ignored", path));
  }
  if (auto problem = check_mounts(pod_spec)) {
    build.fatal(component.kind, invalid_spec(component.kind), component.path, std::move(*problem));
    return false;
  }
  return true;
}

namespace {

std::string joined(const Value* list) {
  std::string out;
  if (!list || !list->IsArray()) return out;
  for (const Value& e : list->GetArray()) {
    if (!e.IsString()) continue;
    if (!out.empty()) out += ',';
    out += spec::text_of(e);
  }
  return out;
}

}  // namespace

void annotate_logger(const spec::LoggerView& logger, StringMap& annotations) {
  if (!logger) return;
  annotations[std::string(annotation::kLogger)] = "true";
  if (const auto url = logger.url()) annotations[std::string(annotation::kLoggerUrl)] = *url;
  annotations[std::string(annotation::kLoggerMode)] = logger.mode();
  if (const Value* headers = logger.field("metadataHeaders"))
    annotations[std::string(annotation::kLoggerHeaders)] = joined(headers);
  if (const Value* names = logger.field("metadataAnnotations"))
    annotations[std::string(annotation::kLoggerAnnotations)] = joined(names);
}

void annotate_batcher(const spec::BatcherView& batcher, StringMap& annotations) {
  if (!batcher) return;
  annotations[std::string(annotation::kBatcher)] = "true";
  if (const auto size = batcher.max_batch_size())
    annotations[std::string(annotation::kBatcherMaxBatchSize)] = std::to_string(*size);
  if (const auto latency = batcher.max_latency())
    annotations[std::string(annotation::kBatcherMaxLatency)] = std::to_string(*latency);
}

}  // namespace modelgate::workload
