// SPDX-License-Identifier: Apache-2.0
//
// The annotation serving.kserve.io/deploymentMode: older names become today's, and where it is missing it is
// set, so that a change of the configuration's default moves no service that exists.
#include "defaulting/pass.h"

namespace modelgate::defaulting {
namespace {

/// The mode of a service that does not say: as it runs already, else the configuration's. In Compatible the
/// latter alone, as in KServe.
std::string_view unsaid_mode(const Pass& pass) {
  if (pass.strict()) {
    const auto running = spec::normalized_deployment_mode(pass.old_service().status().deployment_mode());
    if (!running.empty()) return running;
  }
  return pass.configuration.deploy.default_deployment_mode;
}

}  // namespace

void settle_deployment_mode(Pass& pass) {
  const spec::FieldPath path = Pass::annotation_path(spec::kDeploymentModeAnnotation);
  if (const spec::Value* annotation = pass.edit.find(path)) {
    if (!annotation->IsString()) return;
    const std::string_view said = spec::text_of(*annotation);
    const std::string_view mode = spec::normalized_deployment_mode(said);
    pass.model_mesh = mode == spec::kModelMeshMode;
    if (mode != said) pass.set(path, spec::make_literal(mode));
    return;
  }
  // Knative is not written down: KServe never does, and services move over and back.
  const std::string_view mode = unsaid_mode(pass);
  const bool written = mode == spec::kStandardMode || mode == spec::kModelMeshMode;
  if (!written && !pass.earlier.value(pass.document(), path)) return;
  pass.fill(
      path, cause::kMode, [](const spec::Value&) { return true; },
      [&] { return spec::make_string(mode, pass.edit.arena()); });
}

}  // namespace modelgate::defaulting
