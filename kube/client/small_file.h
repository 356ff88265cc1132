// SPDX-License-Identifier: Apache-2.0
//
// Reads the small files that credentials are in: a local disk or a mounted Secret. Used by client_config.cc
// and credentials.cc.
#pragma once

#include <expected>
#include <string>

namespace modelgate::kube {

/// The largest that is read: what a Secret or ConfigMap may hold.
inline constexpr std::size_t kMaxSmallFile = std::size_t{1} << 20;

/// The error names the path.
std::expected<std::string, std::string> read_small_file(const std::string& path);

}  // namespace modelgate::kube
