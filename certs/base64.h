// SPDX-License-Identifier: Apache-2.0
#pragma once

// Base64 (RFC 4648, with padding), as Kubernetes' JSON holds bytes: a Secret's data, a caBundle. Used by
// webhook/cluster_certificates.cc and webhook/ca_bundle.cc.

#include <optional>
#include <string>
#include <string_view>

namespace modelgate::certs {

std::string to_base64(std::string_view bytes);

// Line ends are skipped. Nothing for what is not base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace modelgate::certs
