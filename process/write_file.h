// SPDX-License-Identifier: Apache-2.0
#pragma once

// Small files that others wait for: the addresses that were bound, the CA that was made.

#include <string>

namespace modelgate::process {

// Written beside its place and moved there, so that nobody reads half of it. False where it cannot be.
bool write_file(const std::string& path, const std::string& text);

}  // namespace modelgate::process
