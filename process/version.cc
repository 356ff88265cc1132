// SPDX-License-Identifier: Apache-2.0
#include "process/version.h"

namespace modelgate::process {

std::string_view version() {
  return MODELGATE_VERSION;
}

}  // namespace modelgate::process
