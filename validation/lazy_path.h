// SPDX-License-Identifier: Apache-2.0
//
// A path into the document that costs nothing until an error needs it: a chain on the stack, which is
// converted to a FieldPath then.
//
//   const LazyPath env = container.at / "env";
//   if (bad) report.add(invalid(env[i] / "name", name, "must not be empty"));
//
// A LazyPath refers to its parent, which must outlive it.
#pragma once

#include <cstddef>
#include <string_view>

#include "spec/field.h"

namespace modelgate::validation {

class LazyPath {
 public:
  LazyPath() = default;
  explicit LazyPath(std::string_view root) : segment_{root, -1, false} {}

  LazyPath operator/(std::string_view member) const [[clang::lifetimebound]] {
    return {this, {member, -1, false}};
  }
  LazyPath operator[](std::size_t index) const [[clang::lifetimebound]] {
    return {this, {{}, static_cast<std::int32_t>(index), false}};
  }
  LazyPath key(std::string_view k) const [[clang::lifetimebound]] { return {this, {k, -1, true}}; }

  spec::FieldPath path() const;
  operator spec::FieldPath() const { return path(); }  // NOLINT: the conversion is the purpose

 private:
  LazyPath(const LazyPath* parent, spec::FieldPath::Segment segment) : parent_(parent), segment_(segment) {}

  const LazyPath* parent_ = nullptr;
  spec::FieldPath::Segment segment_;
};

}  // namespace modelgate::validation
