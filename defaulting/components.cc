// SPDX-License-Identifier: Apache-2.0
#include "defaulting/components.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "defaulting/resources.h"

namespace modelgate::defaulting {
namespace {

using spec::FieldPath;

constexpr std::array<std::string_view, 3> kComponents = {"predictor", "transformer", "explainer"};

using Containers = spec::ListView<spec::ContainerView>;

bool has(const Containers& list, std::string_view name, std::size_t from = 0) {
  for (std::size_t i = from; i < list.size(); ++i) {
    if (list[i].name() == name) return true;
  }
  return false;
}

/// The index of the container of that name; nullopt if there is none, or several.
std::optional<std::size_t> index_of(const Containers& list, std::string_view name) {
  const std::size_t count = std::min(list.size(), kMaxContainers);
  for (std::size_t i = 0; i < count; ++i) {
    if (list[i].name() == name) return has(list, name, i + 1) ? std::nullopt : std::optional(i);
  }
  return std::nullopt;
}

/// The name of a renamed container before; empty if none was renamed.
std::string_view former_name(const Pass& pass, const FieldPath& name) {
  const std::string_view why = pass.earlier.why(pass.document(), name);
  return why.starts_with(cause::kWas) ? why.substr(cause::kWas.size()) : std::string_view{};
}

/// True if the owners of fields say that `was` was applied, and kserve-container was not: the API server has
/// merged both. Without them, two containers where one was before are taken for that case.
bool was_applied_again(Pass& pass, std::string_view component, std::string_view was) {
  if (pass.context.managed_fields.empty()) return true;
  const auto owners = spec::parse_json(pass.context.managed_fields, pass.edit.arena());
  if (!owners || !owners->IsArray()) return true;
  const std::string component_field = fmt::format("f:{}", component);
  const auto owns = [&](const spec::Value& owner, std::string_view name) {
    const spec::ObjectView fields = spec::ObjectView(owner).object("fieldsV1");
    const spec::ObjectView list = fields.object("f:spec").object(component_field).object("f:containers");
    return spec::ObjectView(owner).string("operation") == "Apply" &&
           list.has(fmt::format(R"(k:{{"name":"{}"}})", name));
  };
  const auto applied = [&](std::string_view name) {
    return std::any_of(owners->Begin(), owners->End(), [&](const auto& owner) { return owns(owner, name); });
  };
  return applied(was) && !applied(spec::kServingContainerName);
}

/// A server-side apply merges containers by name: a container that we renamed is sent again under the user's
/// name, beside the renamed one. The user's replaces ours. Two containers that existed before stay two.
void merge_renamed(Pass& pass, std::string_view component) {
  if (!pass.earlier.has_record()) return;
  const FieldPath list = FieldPath{} / "spec" / component / "containers";
  const Containers containers(pass.edit.find(list));
  const auto ours = index_of(containers, spec::kServingContainerName);
  if (!ours) return;
  const std::string_view was = former_name(pass, list[*ours] / "name");
  const auto users = was.empty() ? std::nullopt : index_of(containers, was);
  const Containers before(list.find_in(*pass.context.old_object));
  const bool one_before = index_of(before, spec::kServingContainerName) && !has(before, was);
  if (!users || !one_before || !was_applied_again(pass, component, was)) return;
  spec::Value container = spec::clone(*containers[*users].value(), pass.edit.arena());
  pass.edit.set(list[*ours], std::move(container));
  pass.edit.remove(list[*users]);
}

/// The record of a container's former name; empty if there is none, or if another container has it.
std::string_view record_of(Pass& pass, const FieldPath& list, std::string_view was) {
  if (!can_be_recorded(was) || has(Containers(pass.edit.find(list)), was, 1)) return {};
  return pass.copy_to_arena(fmt::format("{}{}", cause::kWas, was));
}

/// Gives the first container the name on which other parts rely, and records its former name.
void rename_first_container(Pass& pass, const FieldPath& list) {
  const FieldPath name_path = list[0] / "name";
  const Containers containers(pass.edit.find(list));
  const std::string_view now = containers[0].name();
  const std::string_view was = now == spec::kServingContainerName ? former_name(pass, name_path) : now;
  if (now == spec::kServingContainerName && was.empty()) return;
  if (has(containers, spec::kServingContainerName, 1)) {
    pass.warn(name_path, fmt::format("is {}, as is that of a later container: put the one that serves first, "
                                     "and name only that one so",
                                     spec::kServingContainerName));
  }
  const std::string_view why = record_of(pass, list, was);
  if (now != spec::kServingContainerName)
    pass.set(name_path, spec::make_literal(spec::kServingContainerName));
  if (!why.empty()) pass.ledger.add(name_path, why);
}

void default_first_container(Pass& pass, const FieldPath& component, bool rename) {
  const FieldPath list = component / "containers";
  const spec::Value* v = pass.edit.find(list[0]);
  if (!v || !v->IsObject()) return;
  if (rename) rename_first_container(pass, list);
  default_container_resources(pass, list[0]);
}

void default_art(Pass& pass, const FieldPath& art) {
  if (spec::ContainerView(pass.edit.find(art)).name() != spec::kServingContainerName)
    pass.set(art / "name", spec::make_literal(spec::kServingContainerName));
  const std::string& version = pass.configuration.explainers.art_default_image_version;
  if (!version.empty()) {
    pass.fill(
        art / "runtimeVersion", cause::kExplainer, [](const spec::Value&) { return true; },
        [&] { return spec::make_string(version, pass.edit.arena()); });
  }
  default_container_resources(pass, art);
}

}  // namespace

void default_custom_predictor(Pass& pass) {
  if (pass.model_mesh) return;
  if (pass.service().spec().predictor().containers().empty()) return;
  merge_renamed(pass, "predictor");
  const spec::PredictorView predictor = pass.service().spec().predictor();
  const auto containers = predictor.containers();
  const auto found = spec::implementations(predictor);
  if (found.size() != 1 || found.front().kind != spec::Implementation::Kind::kCustom) return;
  // With a second container of that name the predictor would have two implementations.
  const bool unnamed = containers[0].name().empty() && !has(containers, spec::kServingContainerName, 1);
  default_first_container(pass, Pass::predictor_path(), containers.size() == 1 || unnamed);
}

void default_transformer(Pass& pass) {
  if (pass.service().spec().transformer().containers().empty()) return;
  merge_renamed(pass, "transformer");
  default_first_container(pass, FieldPath{} / "spec" / "transformer", true);
}

void default_explainer(Pass& pass) {
  if (!pass.service().spec().explainer()) return;
  const FieldPath path = FieldPath{} / "spec" / "explainer";
  merge_renamed(pass, "explainer");
  const auto found = spec::implementations(pass.service().spec().explainer());
  if (found.size() != 1) return;
  if (found.front().kind == spec::Implementation::Kind::kArt) {
    default_art(pass, path / "art");
  } else {
    default_first_container(pass, path, true);
  }
}

void disable_service_account_token(Pass& pass) {
  if (pass.configuration.security.auto_mount_service_account_token) return;
  for (const std::string_view name : kComponents) {
    const FieldPath component = FieldPath{} / "spec" / name;
    if (!spec::ObjectView(pass.edit.find(component))) continue;
    pass.fill(
        component / "automountServiceAccountToken", cause::kToken, [](const spec::Value&) { return true; },
        [] { return spec::Value(false); });
  }
}

}  // namespace modelgate::defaulting
