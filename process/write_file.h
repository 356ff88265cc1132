// SPDX-License-Identifier: Apache-2.0
//
// Writes small files that other programs wait for: the bound addresses, the CA certificate.
#pragma once

#include <string>

namespace modelgate::process {

/// Writes a temporary file and renames it, so that no reader sees a partial file. False on failure.
bool write_file(const std::string& path, const std::string& text);

}  // namespace modelgate::process
