// SPDX-License-Identifier: Apache-2.0
//
// The forms of names in Kubernetes. Who calls: validation, and whoever derives a name from another.
//
//   if (auto problem = check_dns1123_label(name)) errors.add(invalid(path, name, std::string(*problem)));
//
// Each function gives nothing where the name is fine, else what is allowed: a literal that starts in lower
// case ("must be no more than 63 bytes"). Where several things are wrong, one of them is told, the length
// first. Nothing allocates, every check is linear in the name, and bytes beyond ASCII are never allowed.
//
// The document followed is k8s.io/apimachinery (util/validation and api/validate/content) of Kubernetes 1.36.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "spec/rapidjson.h"

namespace modelgate::spec {

/// What is allowed, where a name is not; nothing where it is. The text is a literal.
using NameProblem = std::optional<std::string_view>;

inline constexpr std::size_t kMaxLabelBytes = 63;             // RFC 1123 and RFC 1035
inline constexpr std::size_t kMaxSubdomainBytes = 253;        // RFC 1123, as Kubernetes counts it
inline constexpr std::size_t kMaxQualifiedNameBytes = 63;     // the part behind the slash
inline constexpr std::size_t kMaxLabelValueBytes = 63;        // labels, selectors
inline constexpr std::size_t kMaxPortNameBytes = 15;          // RFC 6335
inline constexpr std::size_t kMaxAnnotationsBytes = 262'144;  // keys and values of one object together

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`: containers, volumes, namespaces.
NameProblem check_dns1123_label(std::string_view name);

/// Such labels joined by dots: most objects, Secrets, service accounts.
NameProblem check_dns1123_subdomain(std::string_view name);

/// `[a-z]([-a-z0-9]*[a-z0-9])?`, 63 bytes: Services.
NameProblem check_dns1035_label(std::string_view name);

/// The same form without a length of its own: what KServe asks of an InferenceService and a predictor.
NameProblem check_service_form(std::string_view name);

/// `[prefix/]name`: keys of labels, of node selectors, of taints; names of resources.
NameProblem check_qualified_name(std::string_view key);

/// A qualified name in which the prefix may have capitals.
NameProblem check_annotation_key(std::string_view key);

/// Empty, or as the name part of a qualified name.
NameProblem check_label_value(std::string_view value);

/// What Kubernetes accepts since 1.34: printable ASCII but for `=`.
NameProblem check_env_name(std::string_view name);

/// What every shell and every Kubernetes understands: letters, digits, `-`, `_`, `.`, no digit first.
NameProblem check_portable_env_name(std::string_view name);

/// The name of a port: RFC 6335's service name in lower case.
NameProblem check_port_name(std::string_view name);

/// A key of a ConfigMap or a Secret.
NameProblem check_config_key(std::string_view key);

/// Bytes of the keys and values of a map of strings, to compare with kMaxAnnotationsBytes. 0 for what is no
/// map.
std::size_t map_bytes(const Value& map);

}  // namespace modelgate::spec
