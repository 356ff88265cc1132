// SPDX-License-Identifier: Apache-2.0
//
// What the agent logs, and where to: the configuration's key `logger`, overridden by `predictor.logger` of
// the Pod's InferenceService. Who calls: agent.cc.
#pragma once

#include <optional>

#include "spec/configuration.h"
#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// Asks for the InferenceService. What nobody knows is as configured.
spec::LoggerConfiguration logger_of(PodPass& pass);

void add_logger_arguments(const PodPass& pass, const spec::LoggerConfiguration& logger,
                          ContainerBuilder& out);

/// The ConfigMap with the CA of the log's sink, where one is configured.
void mount_logger_bundle(PodPass& pass, const spec::LoggerConfiguration& logger, ContainerBuilder& out);

/// Whose credentials write logs into a store.
inline constexpr std::string_view kLoggerServiceAccount = "logger-sa";

}  // namespace modelgate::workload
