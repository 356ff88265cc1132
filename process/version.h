// SPDX-License-Identifier: Apache-2.0
#pragma once

// The project's version, as CMakeLists.txt has it: "0.1.0". For user agents and modelgate_build_info.

#include <string_view>

namespace modelgate::process {

std::string_view version();

}  // namespace modelgate::process
