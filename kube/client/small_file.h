// SPDX-License-Identifier: Apache-2.0
//
// Reads small files: kubeconfigs, and credentials on a local disk or in a mounted Secret. Used by
// client_config.cc and credentials.cc.
#pragma once

#include <expected>
#include <string>

namespace modelgate::kube {

/// The size limit of a Secret or ConfigMap.
inline constexpr std::size_t kMaxSmallFile = std::size_t{1} << 20;

/// The error names the path.
std::expected<std::string, std::string> read_small_file(const std::string& path);

}  // namespace modelgate::kube
