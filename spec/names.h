// SPDX-License-Identifier: Apache-2.0
//
// The forms of names in Kubernetes. Used by validation, and where a name is derived from another.
//
//   if (auto problem = check_dns1123_label(name)) errors.add(invalid(path, name, std::string(*problem)));
//
// Each function returns nothing for a valid name, else what is allowed: a literal that starts in lower case
// ("must be no more than 63 bytes"). One problem is reported, the length first. Nothing allocates, each check
// is linear in the name, and only ASCII is allowed.
//
// The rules are those of k8s.io/apimachinery (util/validation and api/validate/content) of Kubernetes 1.36.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "spec/rapidjson.h"

namespace modelgate::spec {

/// What is allowed; nothing if the name is valid. The text is a literal.
using NameProblem = std::optional<std::string_view>;

inline constexpr std::size_t kMaxLabelBytes = 63;             // RFC 1123 and RFC 1035
inline constexpr std::size_t kMaxSubdomainBytes = 253;        // RFC 1123, as Kubernetes counts it
inline constexpr std::size_t kMaxQualifiedNameBytes = 63;     // the part after the slash
inline constexpr std::size_t kMaxLabelValueBytes = 63;        // labels, selectors
inline constexpr std::size_t kMaxPortNameBytes = 15;          // RFC 6335
inline constexpr std::size_t kMaxAnnotationsBytes = 262'144;  // keys and values of one object together

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`: containers, volumes, namespaces.
NameProblem check_dns1123_label(std::string_view name);

/// Such labels joined by dots: most objects, Secrets, service accounts.
NameProblem check_dns1123_subdomain(std::string_view name);

/// `[a-z]([-a-z0-9]*[a-z0-9])?`, 63 bytes: Services.
NameProblem check_dns1035_label(std::string_view name);

/// The same form without a limit on the length: KServe requires it of an InferenceService and a predictor.
NameProblem check_service_form(std::string_view name);

/// `[prefix/]name`: keys of labels, of node selectors, of taints; names of resources.
NameProblem check_qualified_name(std::string_view key);

/// A qualified name whose prefix may have capitals.
NameProblem check_annotation_key(std::string_view key);

/// Empty, or the form of the name in a qualified name.
NameProblem check_label_value(std::string_view value);

/// What Kubernetes accepts since 1.34: printable ASCII without `=`.
NameProblem check_env_name(std::string_view name);

/// What all versions of Kubernetes accept: letters, digits, `-`, `_`, `.`, no digit first.
NameProblem check_portable_env_name(std::string_view name);

/// The name of a port: a service name of RFC 6335 in lower case.
NameProblem check_port_name(std::string_view name);

/// A key of a ConfigMap or a Secret.
NameProblem check_config_key(std::string_view key);

/// Bytes of the keys and values of a map of strings, for kMaxAnnotationsBytes. 0 if it is not a map.
std::size_t map_bytes(const Value& map);

}  // namespace modelgate::spec
