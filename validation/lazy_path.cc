// SPDX-License-Identifier: Apache-2.0
#include "validation/lazy_path.h"

namespace modelgate::validation {

spec::FieldPath LazyPath::path() const {
  spec::FieldPath before = parent_ ? parent_->path() : spec::FieldPath{};
  if (segment_.index >= 0) return before[static_cast<std::size_t>(segment_.index)];
  if (segment_.key) return before.key(segment_.name);
  return std::move(before) / segment_.name;
}

}  // namespace modelgate::validation
