// SPDX-License-Identifier: Apache-2.0
#include "spec/view.h"

namespace modelgate::spec {

std::optional<std::string_view> ObjectView::optional_string(std::string_view name) const {
  const Value* v = field(name);
  if (!v || !v->IsString()) return std::nullopt;
  return text_of(*v);
}

std::optional<std::int64_t> ObjectView::integer(std::string_view name) const {
  const Value* v = field(name);
  if (!v || !v->IsInt64()) return std::nullopt;
  return v->GetInt64();
}

std::optional<bool> ObjectView::boolean(std::string_view name) const {
  const Value* v = field(name);
  if (!v || !v->IsBool()) return std::nullopt;
  return v->GetBool();
}

}  // namespace modelgate::spec
