// SPDX-License-Identifier: Apache-2.0
#include "spec/inference_service.h"

#include <algorithm>

#include "spec/text/ascii.h"

namespace modelgate::spec {
namespace {

constexpr std::string_view kStop = "serving.kserve.io/stop";
constexpr std::string_view kDisableAutoUpdate = "serving.kserve.io/disable-auto-update";

std::optional<std::string_view> custom_storage_uri(const ComponentView& component) {
  for (ContainerView c : component.containers()) {
    if (c.name() != kServingContainerName) continue;
    const EnvVarView uri = c.find_env(kStorageUriEnv);
    if (!uri) return std::nullopt;
    return uri.env_value();
  }
  return std::nullopt;
}

}  // namespace

const Framework* find_framework(std::string_view name) {
  const auto it = std::ranges::find(kFrameworks, name, &Framework::name);
  return it == kFrameworks.end() ? nullptr : &*it;
}

std::string_view normalized_deployment_mode(std::string_view mode) {
  if (mode == "RawDeployment") return kStandardMode;
  if (mode == "Serverless") return kKnativeMode;
  return mode;
}

bool InferenceServiceView::is_stopped() const {
  return text::equal_ignoring_case(metadata().annotations().get(kStop).value_or(std::string_view{}), "true");
}

bool InferenceServiceView::is_left_alone() const {
  return metadata().annotations().get(kDisableAutoUpdate) == "true" &&
         condition_of(status(), "Ready").string("status") == "True";
}

const Framework* first_framework(const PredictorView& predictor) {
  const Framework* first = nullptr;
  if (!predictor) return first;
  // One walk over the members of the predictor: most have no such field.
  for (const auto& m : predictor.value()->GetObject()) {
    if (!m.value.IsObject()) continue;
    const Framework* f = find_framework(text_of(m.name));
    if (f && (!first || f < first)) first = f;
  }
  return first;
}

std::vector<Implementation> implementations(const PredictorView& predictor) {
  std::vector<Implementation> out;
  for (const Framework& f : kFrameworks) {
    if (predictor.framework(f.name)) out.push_back({Implementation::Kind::kFramework, f.name});
  }
  if (predictor.model()) out.push_back({Implementation::Kind::kModel, "model"});
  for (ContainerView c : predictor.containers()) {
    if (c.name() == kServingContainerName) out.push_back({Implementation::Kind::kCustom, "containers"});
  }
  if (out.empty() && !predictor.containers().empty())
    out.push_back({Implementation::Kind::kCustom, "containers"});
  return out;
}

std::vector<Implementation> implementations(const TransformerView& transformer) {
  if (transformer.containers().empty()) return {};
  return {{Implementation::Kind::kCustom, "containers"}};
}

std::vector<Implementation> implementations(const ExplainerView& explainer) {
  std::vector<Implementation> out;
  if (explainer.art()) out.push_back({Implementation::Kind::kArt, "art"});
  if (!explainer.containers().empty()) out.push_back({Implementation::Kind::kCustom, "containers"});
  return out;
}

std::optional<std::string_view> storage_uri_of(const ComponentView& component,
                                               const Implementation& implementation) {
  switch (implementation.kind) {
    case Implementation::Kind::kFramework:
    case Implementation::Kind::kModel:
      return component.object<ModelSpecView>(implementation.field).storage_uri();
    case Implementation::Kind::kCustom:
      return custom_storage_uri(component);
    case Implementation::Kind::kArt: {
      const std::string_view uri = component.object<ArtExplainerView>("art").storage_uri();
      if (uri.empty()) return std::nullopt;
      return uri;
    }
  }
  return std::nullopt;
}

std::vector<ComponentAt> components(const InferenceServiceView& isvc) {
  std::vector<ComponentAt> out;
  out.reserve(3);
  for (const std::string_view name : {"predictor", "transformer", "explainer"}) {
    if (auto view = isvc.spec().object<ComponentView>(name))
      out.push_back({name, FieldPath{} / "spec" / name, view});
  }
  return out;
}

std::vector<ComponentAt> canary_predictors(const InferenceServiceView& isvc) {
  std::vector<ComponentAt> out;
  const auto canaries = isvc.spec().canary();
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    out.push_back({"predictor", (FieldPath{} / "spec" / "canary")[i] / "predictor", canaries[i].predictor()});
  }
  return out;
}

}  // namespace modelgate::spec
