// SPDX-License-Identifier: Apache-2.0
#include "workload/objects/container_builder.h"

#include <algorithm>

#include "workload/objects/object_builder.h"

namespace modelgate::workload {

using spec::Arena;
using spec::Value;

namespace {

Value amounts(const std::optional<spec::QuantitySetting>& cpu,
              const std::optional<spec::QuantitySetting>& memory, Arena& arena) {
  ObjectBuilder out(arena);
  if (cpu) out.text("cpu", cpu->text);
  if (memory) out.text("memory", memory->text);
  return out.take();
}

}  // namespace

Value to_value(const VolumeMount& mount, Arena& arena) {
  return ObjectBuilder(arena)
      .text("name", mount.volume)
      .text("mountPath", mount.mount_path)
      .text_if_any("subPath", mount.sub_path)
      .flag_if("readOnly", mount.read_only)
      .take();
}

Value to_value(const spec::ResourceSettings& resources, Arena& arena) {
  ObjectBuilder out(arena);
  Value limits = amounts(resources.cpu_limit, resources.memory_limit, arena);
  Value requests = amounts(resources.cpu_request, resources.memory_request, arena);
  if (!limits.ObjectEmpty()) out.value("limits", std::move(limits));
  if (!requests.ObjectEmpty()) out.value("requests", std::move(requests));
  return out.take();
}

ContainerBuilder::ContainerBuilder(std::string_view name, std::string_view image, Arena& arena)
    : arena_(arena), value_(ObjectBuilder(arena).text("name", name).text_if_any("image", image).take()) {}

Value& ContainerBuilder::list(std::string_view key) {
  if (!spec::find(value_, key)) set(key, Value(rapidjson::kArrayType));
  return *spec::find(value_, key);
}

void ContainerBuilder::add_arg(std::string_view arg) {
  list("args").PushBack(make_text(arg, arena_), arena_);
}

void ContainerBuilder::pass_on_env(const spec::EnvVarView& env) {
  if (!env || view().find_env(env.name())) return;
  list("env").PushBack(spec::clone(*env.value(), arena_), arena_);
}

void ContainerBuilder::append_mount(const VolumeMount& mount) {
  list("volumeMounts").PushBack(to_value(mount, arena_), arena_);
}

bool ContainerBuilder::has_mount(const VolumeMount& mount) const {
  return std::ranges::any_of(view().volume_mounts(), [&](const spec::VolumeMountView& m) {
    return m.name() == mount.volume && m.mount_path() == mount.mount_path;
  });
}

}  // namespace modelgate::workload
