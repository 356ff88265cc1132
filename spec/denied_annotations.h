// SPDX-License-Identifier: Apache-2.0
//
// Annotations that a service must not pass on to its Services and routes: with them, who may write an
// InferenceService could configure the cluster's ingress controller or load balancer. The configuration has
// the list (`deniedAnnotations`). Used by a rule, and by the builders of these objects.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace modelgate::spec {

/// Whether a text matches a pattern, in which a star stands for any characters.
bool matches_pattern(std::string_view pattern, std::string_view text);

bool is_denied_annotation(std::span<const std::string> patterns, std::string_view key);

/// The default patterns.
std::vector<std::string> default_denied_annotations();

}  // namespace modelgate::spec
