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
/// No component of its own; what is told of one names it so.
inline constexpr std::string_view kCanary = "canary";
inline constexpr std::string_view kIngress = "ingress";

/// KServe's before v0.11 ended in "-default". A service that still has such a Deployment keeps the name: its
/// selector holds it, and cannot be changed.
enum class NameStyle { kPlain, kDefaultSuffix };

/// Of a service some of whose Deployments exist, by their names: theirs, with the suffix where there are
/// both. Of one that has none yet: what the configuration asks for.
NameStyle name_style_for(std::string_view service, std::span<const std::string_view> deployments,
                         const spec::Configuration& configuration);

/// "m-predictor", or "m-v2-predictor" for a variant, which never has a suffix.
std::string predictor_name(std::string_view service, std::string_view variant = {},
                           NameStyle style = NameStyle::kPlain);
std::string transformer_name(std::string_view service, NameStyle style = NameStyle::kPlain);
std::string explainer_name(std::string_view service, NameStyle style = NameStyle::kPlain);
/// Of the Deployment of the workers of a multi-node predictor.
std::string worker_name(std::string_view service);

/// The value of the label `app`, by which a Service finds its Pods.
std::string app_label(std::string_view component_name);
std::string worker_app_label(std::string_view component_name);

/// Headless Services of a multi-node predictor: one generation's head and its workers.
std::string head_service_name(std::string_view component_name, std::string_view generation);
std::string workers_service_name(std::string_view component_name, std::string_view generation);

/// The ConfigMap that lists the models of a server of many models.
std::string model_config_name(std::string_view service);

/// "m-predictor.default": how Pods of the cluster reach it.
std::string short_host(std::string_view component_name, std::string_view ns);
/// "m-predictor.default.svc.cluster.local"
std::string cluster_host(std::string_view component_name, std::string_view ns);

/// What is wrong with the name of a component that becomes a Service's name and a label's value; nothing
/// where both can be.
std::optional<std::string> check_component_name(std::string_view component_name);

}  // namespace modelgate::workload
