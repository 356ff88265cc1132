// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/pod_pass.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "spec/names.h"
#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {

using spec::FieldPath;
using spec::Value;

PodPass::PodPass(spec::Edit& edit_in, const PodContext& context_in)
    : edit(edit_in), context(context_in), configuration(context_in.catalog.configuration()) {}

std::optional<std::string_view> PodPass::annotation(std::string_view name) const {
  read_metadata();
  return annotations_.get(name);
}

std::optional<std::string_view> PodPass::label(std::string_view name) const {
  read_metadata();
  return labels_.get(name);
}

void PodPass::read_metadata() const {
  if (revision_ == edit.revision().number()) return;
  const spec::ObjectMetaView metadata = pod().metadata();
  annotations_ = metadata.annotations();
  labels_ = metadata.labels();
  revision_ = edit.revision().number();
}

void PodPass::set_annotation(std::string_view name, std::string_view value) {
  if (annotation(name) == value) return;
  edit.set(annotation_path(name), make_text(value, arena()));
}

std::optional<FieldPath> PodPass::find_container(std::string_view list, std::string_view name) const {
  std::size_t i = 0;
  for (const spec::ContainerView c : spec().list<spec::ContainerView>(list)) {
    if (c.name() == name) return (spec_path() / list)[i];
    ++i;
  }
  return std::nullopt;
}

std::optional<FieldPath> PodPass::find_model_container() const {
  if (auto server = find_container("containers", container::kModelServer)) return server;
  return find_container("containers", container::kWorker);
}

bool PodPass::add_mount(const FieldPath& container, const VolumeMount& mount) {
  for (const spec::VolumeMountView m : container_at(container).volume_mounts()) {
    if (m.name() == mount.volume) return false;
  }
  edit.append(container / "volumeMounts", to_value(mount, arena()));
  return true;
}

void PodPass::add_volume(std::string_view name, std::string_view kind, Value source) {
  for (const spec::VolumeView v : spec().volumes()) {
    if (v.name() == name) return;
  }
  edit.append(spec_path() / "volumes",
              ObjectBuilder(arena()).text("name", name).value(kind, std::move(source)).take());
}

void PodPass::set_env(const FieldPath& container, std::string_view name, std::string_view value) {
  if (container_at(container).find_env(name).env_value() == value && !value.empty()) return;
  Value edited(rapidjson::kObjectType);
  if (const Value* env = container_at(container).field("env"))
    edited.AddMember("env", spec::clone(*env, arena()), arena());
  add_env(edited, {.name = std::string(name), .value = std::string(value)}, SameName::kSetValue, arena());
  edit.set(container / "env", std::move(*spec::find(edited, "env")));
}

void PodPass::add_init_container(ContainerBuilder container) {
  edit.append(spec_path() / "initContainers", container.take());
}

void PodPass::add_container(ContainerBuilder container) {
  edit.append(spec_path() / "containers", container.take());
}

const spec::Fact* PodPass::look_up(std::string_view kind, std::string_view ns, std::string_view name) {
  // No object has such a name, and it must not become part of a URL's path.
  static constexpr spec::Fact kAbsent{.state = spec::Fact::State::kAbsent};
  if (spec::check_dns1123_subdomain(name)) return &kAbsent;
  return request({std::string(kind), std::string(ns), std::string(name)});
}

const spec::Fact* PodPass::look_up_all(std::string_view kind) {
  return request({std::string(kind), {}, {}});
}

const spec::Fact* PodPass::request(spec::ObjectKey key) {
  const spec::Fact* fact = context.facts.find(key);
  if (fact && fact->state != spec::Fact::State::kUnknown) return fact;
  std::vector<spec::ObjectKey>& keys = fact ? outcome.unread : outcome.needs;
  if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
  return fact;
}

spec::FieldErrors& PodPass::rule(std::string_view name) {
  outcome.errors.begin_rule(name, false);
  return outcome.errors;
}

spec::FieldErrors& PodPass::strict_rule(std::string_view name) {
  outcome.errors.begin_rule(name, true);
  return outcome.errors;
}

void PodPass::warn(std::string text, std::optional<spec::ObjectKey> about) {
  if (std::ranges::find(outcome.warnings, text, &spec::FieldWarning::text) != outcome.warnings.end()) return;
  outcome.warnings.push_back({.rule = step, .path = {}, .text = std::move(text), .about = std::move(about)});
}

PodOutcome PodPass::finish() && {
  std::vector<spec::FieldWarning> warnings = split_by_mode(outcome.errors, strict());
  outcome.strict_would_deny = !warnings.empty();
  outcome.warnings.insert(outcome.warnings.begin(), std::move_iterator(warnings.begin()),
                          std::move_iterator(warnings.end()));
  return std::move(outcome);
}

}  // namespace modelgate::workload
