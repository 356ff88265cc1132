// SPDX-License-Identifier: Apache-2.0
//
// Names and labels of the objects that serve an InferenceService. All of them are KServe v0.20's.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "spec/configuration.h"

namespace modelgate::workload {

inline constexpr std::string_view kPredictor = "predictor";
inline constexpr std::string_view kTransformer = "transformer";
inline constexpr std::string_view kExplainer = "explainer";
/// Not a component of its own; problems of canaries are reported under this name.
inline constexpr std::string_view kCanary = "canary";
inline constexpr std::string_view kIngress = "ingress";

/// Names before KServe v0.11 ended in "-default". A service that has such a Deployment retains the name: the
/// Deployment's selector contains it and is immutable.
enum class NameStyle { kPlain, kDefaultSuffix };

/// The style of the existing Deployments, given by their names; with the suffix if there are both. Without
/// Deployments, the configured style.
NameStyle name_style_for(std::string_view service, std::span<const std::string_view> deployments,
                         const spec::Configuration& configuration);

/// "m-predictor", or "m-v2-predictor" for a variant, which never has a suffix.
std::string predictor_name(std::string_view service, std::string_view variant = {},
                           NameStyle style = NameStyle::kPlain);
std::string transformer_name(std::string_view service, NameStyle style = NameStyle::kPlain);
std::string explainer_name(std::string_view service, NameStyle style = NameStyle::kPlain);
/// The name of the Deployment for the workers of a multi-node predictor.
std::string worker_name(std::string_view service);

/// The value of the label `app`, by which a Service finds its Pods.
std::string app_label(std::string_view component_name);
std::string worker_app_label(std::string_view component_name);

/// Names of the headless Services of a multi-node predictor: for the head and the workers of one generation.
std::string head_service_name(std::string_view component_name, std::string_view generation);
std::string workers_service_name(std::string_view component_name, std::string_view generation);

/// The name of the ConfigMap that lists the models of a multi-model server.
std::string model_config_name(std::string_view service);

/// "m-predictor.default": the host for Pods of the cluster.
std::string short_host(std::string_view component_name, std::string_view ns);
/// "m-predictor.default.svc.cluster.local"
std::string cluster_host(std::string_view component_name, std::string_view ns);

/// Why the name of a component is invalid as the name of its Service or as a label's value; nullopt if it is
/// valid.
std::optional<std::string> check_component_name(std::string_view component_name);

}  // namespace modelgate::workload
