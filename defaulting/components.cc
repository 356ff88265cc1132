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

std::optional<std::size_t> index_of(const spec::ListView<spec::ContainerView>& list, std::string_view name) {
  const std::size_t count = std::min(list.size(), kMaxContainers);
  for (std::size_t i = 0; i < count; ++i) {
    if (list[i].name() == name) return i;
  }
  return std::nullopt;
}

/// The name of a renamed container before; empty if none was renamed.
std::string_view former_name(const Pass& pass, const FieldPath& name) {
  const std::string_view why = pass.earlier.why(pass.document(), name);
  return why.starts_with(cause::kWas) ? why.substr(cause::kWas.size()) : std::string_view{};
}

/// A server-side apply merges containers by name: a container that we renamed is sent again under the user's
/// name, beside the renamed one. The user's replaces ours.
void merge_renamed(Pass& pass, const FieldPath& component) {
  if (!pass.earlier.has_record()) return;
  const FieldPath list = component / "containers";
  const spec::ListView<spec::ContainerView> containers(pass.edit.find(list));
  const auto ours = index_of(containers, spec::kServingContainerName);
  if (!ours) return;
  const std::string_view was = former_name(pass, list[*ours] / "name");
  const auto users = was.empty() ? std::nullopt : index_of(containers, was);
  if (!users) return;
  spec::Value container = spec::clone(*containers[*users].value(), pass.edit.arena());
  pass.edit.set(list[*ours], std::move(container));
  pass.edit.remove(list[*users]);
}

/// Gives a container the name on which other parts rely, and records its former name.
void rename_container(Pass& pass, const FieldPath& container) {
  const FieldPath name_path = container / "name";
  const spec::ContainerView view(pass.edit.find(container));
  const std::string_view now = view.name();
  const std::string_view was = now == spec::kServingContainerName ? former_name(pass, name_path) : now;
  if (now == spec::kServingContainerName && was.empty()) return;
  const std::string_view why =
      can_be_recorded(was) ? pass.copy_to_arena(fmt::format("{}{}", cause::kWas, was)) : std::string_view{};
  if (now != spec::kServingContainerName)
    pass.set(name_path, spec::make_literal(spec::kServingContainerName));
  if (!why.empty()) pass.ledger.add(name_path, why);
}

void default_first_container(Pass& pass, const FieldPath& component, bool rename) {
  const FieldPath container = (component / "containers")[0];
  const spec::Value* v = pass.edit.find(container);
  if (!v || !v->IsObject()) return;
  if (rename) rename_container(pass, container);
  default_container_resources(pass, container);
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
  merge_renamed(pass, Pass::predictor_path());
  const spec::PredictorView predictor = pass.service().spec().predictor();
  const auto containers = predictor.containers();
  const auto found = spec::implementations(predictor);
  if (found.size() != 1 || found.front().kind != spec::Implementation::Kind::kCustom) return;
  default_first_container(pass, Pass::predictor_path(),
                          containers.size() == 1 || containers[0].name().empty());
}

void default_transformer(Pass& pass) {
  if (pass.service().spec().transformer().containers().empty()) return;
  const FieldPath path = FieldPath{} / "spec" / "transformer";
  merge_renamed(pass, path);
  default_first_container(pass, path, true);
}

void default_explainer(Pass& pass) {
  if (!pass.service().spec().explainer()) return;
  const FieldPath path = FieldPath{} / "spec" / "explainer";
  merge_renamed(pass, path);
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
