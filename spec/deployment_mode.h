// SPDX-License-Identifier: Apache-2.0
//
// The deployment mode of an InferenceService, for defaulting, validation and the builders. Its precedence is
// that of KServe's reconciler:
//
//   1. status.deploymentMode of the stored service: once reconciled, a service stays in its mode;
//   2. the annotation serving.kserve.io/deploymentMode;
//   3. `defaultDeploymentMode` of the configuration.
//
// Legacy spellings are accepted. An unknown mode is skipped.
//
// Two places read the annotation alone, as KServe's webhooks do: the rules of origin kKServe
// (validation/reading.h, annotated_mode()), and defaulting, which skips predictors that are annotated
// ModelMesh.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "spec/configuration.h"
#include "spec/inference_service.h"

namespace modelgate::spec {

inline constexpr std::array<std::string_view, 3> kDeploymentModes = {kStandardMode, kKnativeMode,
                                                                     kModelMeshMode};

/// The mode under its present name, a literal; empty for what is none.
std::string_view known_deployment_mode(std::string_view text);

/// One of kDeploymentModes. `stored` is the service as the API server has it, which may be `service` itself;
/// on CREATE it is absent, since the API server drops a status that is sent with it.
std::string_view effective_deployment_mode(const InferenceServiceView& service,
                                           const InferenceServiceView& stored,
                                           const Configuration& configuration);

/// What a service in Knative mode needs, and what to do without it. Arguments as above.
std::string needs_knative(const InferenceServiceView& service, const InferenceServiceView& stored);

}  // namespace modelgate::spec
