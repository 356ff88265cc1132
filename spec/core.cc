// SPDX-License-Identifier: Apache-2.0
#include "spec/core.h"

namespace modelgate::spec {

EnvVarView ContainerView::find_env(std::string_view wanted) const {
  for (EnvVarView e : env()) {
    if (e.name() == wanted) return e;
  }
  return EnvVarView{};
}

}  // namespace modelgate::spec
