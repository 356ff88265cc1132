// SPDX-License-Identifier: Apache-2.0
//
// Components that bring their own container, and the ART explainer: the container's name, which the rest of
// the system goes by, and resources, as KServe defaults them in every mode. A component with none or several
// implementations is left for validation.
#include <array>

#include "defaulting/pass.h"

namespace modelgate::defaulting {
namespace {

using spec::FieldPath;

constexpr std::array<std::string_view, 3> kComponents = {"predictor", "transformer", "explainer"};

/// The first container of a component. The name is not recorded: any other is overwritten each time.
void complete_first_container(Pass& pass, const FieldPath& component, bool rename) {
  const FieldPath container = (component / "containers")[0];
  const spec::Value* v = pass.edit.find(container);
  if (!v || !v->IsObject()) return;
  if (rename && spec::ContainerView(*v).name() != spec::kServingContainerName)
    pass.set(container / "name", spec::make_literal(spec::kServingContainerName));
  fill_container_resources(pass, container);
}

void complete_art(Pass& pass, const FieldPath& art) {
  if (spec::ContainerView(pass.edit.find(art)).name() != spec::kServingContainerName)
    pass.set(art / "name", spec::make_literal(spec::kServingContainerName));
  const std::string& version = pass.configuration.explainers.art_default_image_version;
  if (!version.empty()) {
    pass.fill(
        art / "runtimeVersion", cause::kExplainer, [](const spec::Value&) { return true; },
        [&] { return spec::make_string(version, pass.edit.arena()); });
  }
  fill_container_resources(pass, art);
}

}  // namespace

void complete_custom_predictor(Pass& pass) {
  if (pass.model_mesh) return;
  const spec::PredictorView predictor = pass.service().spec().predictor();
  const auto containers = predictor.containers();
  if (containers.empty()) return;
  const auto found = spec::implementations(predictor);
  if (found.size() != 1 || found.front().kind != spec::Implementation::Kind::kCustom) return;
  complete_first_container(pass, Pass::predictor_path(),
                           containers.size() == 1 || containers[0].name().empty());
}

void complete_transformer(Pass& pass) {
  if (pass.service().spec().transformer().containers().empty()) return;
  complete_first_container(pass, FieldPath{} / "spec" / "transformer", true);
}

void complete_explainer(Pass& pass) {
  const spec::ExplainerView explainer = pass.service().spec().explainer();
  if (!explainer) return;
  const auto found = spec::implementations(explainer);
  if (found.size() != 1) return;
  const FieldPath path = FieldPath{} / "spec" / "explainer";
  if (found.front().kind == spec::Implementation::Kind::kArt) {
    complete_art(pass, path / "art");
  } else {
    complete_first_container(pass, path, true);
  }
}

void decline_service_account_token(Pass& pass) {
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
