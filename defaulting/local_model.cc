// SPDX-License-Identifier: Apache-2.0
#include "defaulting/local_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace modelgate::defaulting {
namespace {

constexpr std::string_view kDisableAnnotation = "serving.kserve.io/disable-localmodel";
constexpr std::string_view kNodeGroupAnnotation = "serving.kserve.io/nodegroup";
constexpr std::string_view kModelLabel = "internal.serving.kserve.io/localmodel";
constexpr std::string_view kNamespaceLabel = "internal.serving.kserve.io/localmodel-namespace";
constexpr std::string_view kSourceUriAnnotation = "internal.serving.kserve.io/localmodel-sourceuri";
constexpr std::string_view kClaimAnnotation = "internal.serving.kserve.io/localmodel-pvc-name";

struct Match {
  const spec::LocalModel* model;
  std::string_view node_group;
};

/// The requested group if the model is in it; without a request the model's first.
std::optional<std::string_view> node_group(const spec::LocalModel& model,
                                           std::optional<std::string_view> requested) {
  if (model.node_groups.empty()) return std::nullopt;
  if (!requested) return model.node_groups.front();
  if (std::ranges::find(model.node_groups, *requested) == model.node_groups.end()) return std::nullopt;
  return requested;
}

/// Models of the service's namespace have precedence over those of the cluster.
std::optional<Match> find_local_model(const Pass& pass, std::string_view uri) {
  const auto annotations = pass.service().metadata().annotations();
  if (!pass.configuration.local_model.enabled || annotations.has(kDisableAnnotation)) return std::nullopt;
  for (const std::string_view ns : {pass.context.request_namespace, std::string_view{}}) {
    for (const spec::LocalModel& model : pass.context.catalog.local_models()) {
      if (model.namespace_ != ns || !model.matches(uri)) continue;
      if (const auto group = node_group(model, annotations.get(kNodeGroupAnnotation)))
        return Match{&model, *group};
    }
  }
  return std::nullopt;
}

/// nullopt if the predictor has no implementation, or one that downloads nothing.
std::optional<std::string_view> model_uri(const Pass& pass) {
  const spec::PredictorView predictor = pass.service().spec().predictor();
  const bool may_have_fields = pass.model_mesh || pass.model_is_ambiguous;  // all others were moved
  const spec::Framework* own = may_have_fields ? spec::first_framework(predictor) : nullptr;
  if (own) return predictor.framework(own->name).storage_uri();
  if (const auto model = predictor.model()) return model.storage_uri();
  if (predictor.containers().empty()) return std::nullopt;
  return spec::storage_uri_of(predictor, {spec::Implementation::Kind::kCustom, "containers"});
}

void remove_labels(Pass& pass) {
  for (const std::string_view key : {kModelLabel, kNamespaceLabel}) {
    if (pass.service().metadata().labels().has(key)) pass.edit.remove(Pass::label_path(key));
  }
  for (const std::string_view key : {kSourceUriAnnotation, kClaimAnnotation}) {
    if (pass.service().metadata().annotations().has(key)) pass.edit.remove(Pass::annotation_path(key));
  }
}

}  // namespace

void label_local_model(Pass& pass) {
  const auto uri = model_uri(pass);
  if (!uri) return;
  const auto match = find_local_model(pass, *uri);
  if (!match) return remove_labels(pass);

  spec::Arena& arena = pass.edit.arena();
  const spec::LocalModel& model = *match->model;
  const std::string claim = fmt::format("{}-{}", model.name, match->node_group);
  pass.set(Pass::label_path(kModelLabel), spec::make_string(model.name, arena));
  if (model.namespace_.empty()) {
    pass.edit.remove(Pass::label_path(kNamespaceLabel));
  } else {
    pass.set(Pass::label_path(kNamespaceLabel), spec::make_string(model.namespace_, arena));
  }
  pass.set(Pass::annotation_path(kSourceUriAnnotation), spec::make_string(model.source_model_uri, arena));
  pass.set(Pass::annotation_path(kClaimAnnotation), spec::make_string(claim, arena));
}

}  // namespace modelgate::defaulting
