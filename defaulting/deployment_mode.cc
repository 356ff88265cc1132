// SPDX-License-Identifier: Apache-2.0
#include "defaulting/deployment_mode.h"

namespace modelgate::defaulting {
namespace {

/// The mode for a service without the annotation. Compatible skips the status, as KServe's webhook does.
std::string_view mode_to_annotate(const Pass& pass) {
  if (pass.strict()) return pass.deployment_mode();
  return pass.configuration.deploy.default_deployment_mode;
}

}  // namespace

void default_deployment_mode(Pass& pass) {
  const spec::FieldPath path = Pass::annotation_path(spec::kDeploymentModeAnnotation);
  if (const spec::Value* annotation = pass.edit.find(path)) {
    if (!annotation->IsString()) return;
    const std::string_view written = spec::text_of(*annotation);
    const std::string_view mode = spec::normalized_deployment_mode(written);
    pass.model_mesh = mode == spec::kModelMeshMode;
    if (mode != written) pass.set(path, spec::make_literal(mode));
    return;
  }
  // Knative is not annotated: KServe never does, and a cluster may move between the two.
  const std::string_view mode = mode_to_annotate(pass);
  const bool written = mode == spec::kStandardMode || mode == spec::kModelMeshMode;
  if (!written && !pass.earlier.value(pass.document(), path)) return;
  pass.fill(
      path, cause::kMode, [](const spec::Value&) { return true; },
      [&] { return spec::make_string(mode, pass.edit.arena()); });
}

}  // namespace modelgate::defaulting
