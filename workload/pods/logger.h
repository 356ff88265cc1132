// SPDX-License-Identifier: Apache-2.0
//
// Settings of the agent's logger: the configuration's key `logger`, overridden by `predictor.logger` of the
// Pod's InferenceService. Called by agent.cc.
#pragma once

#include <optional>

#include "spec/configuration.h"
#include "workload/pods/pod_pass.h"

namespace modelgate::workload {

/// Looks up the InferenceService. If it is unknown, the settings are the configured ones.
spec::LoggerConfiguration logger_of(PodPass& pass);

void add_logger_arguments(const PodPass& pass, const spec::LoggerConfiguration& logger,
                          ContainerBuilder& out);

/// Mounts the ConfigMap with the CA of the log sink, if one is configured.
void mount_logger_bundle(PodPass& pass, const spec::LoggerConfiguration& logger, ContainerBuilder& out);

/// The ServiceAccount with the credentials of the log store, unless the logger names another.
inline constexpr std::string_view kLoggerServiceAccount = "logger-sa";

}  // namespace modelgate::workload
