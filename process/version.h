// SPDX-License-Identifier: Apache-2.0
//
// The version and revision of the build, for --version, user agents and modelgate_build_info.
#pragma once

#include <string>
#include <string_view>

namespace modelgate::process {

/// The project's version from CMakeLists.txt: "0.1.0".
std::string_view version();

/// The git revision, with "-dirty" if files differed from it. Empty if the sources were not a git checkout.
std::string_view revision();

/// "modelgate-webhook 0.1.0 (revision 0123456789ab)"
std::string version_line(std::string_view program);

}  // namespace modelgate::process
