// SPDX-License-Identifier: Apache-2.0
#include "spec/core.h"

namespace modelgate::spec {

ObjectView condition_of(const ObjectView& status, std::string_view type) {
  for (const ObjectView& c : status.list("conditions")) {
    if (c.string("type") == type) return c;
  }
  return {};
}

EnvVarView ContainerView::find_env(std::string_view variable) const {
  for (EnvVarView e : env()) {
    if (e.name() == variable) return e;
  }
  return EnvVarView{};
}

}  // namespace modelgate::spec
