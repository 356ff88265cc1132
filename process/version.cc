// SPDX-License-Identifier: Apache-2.0
//
// The version and the revision that CMake found (process/CMakeLists.txt).
#include "process/version.h"

namespace modelgate::process {

std::string_view version() {
  return MODELGATE_VERSION;
}

std::string_view revision() {
  return MODELGATE_REVISION;
}

std::string version_line(std::string_view program) {
  std::string line(program);
  line.append(" ").append(version());
  if (!revision().empty()) line.append(" (revision ").append(revision()).append(")");
  return line;
}

}  // namespace modelgate::process
