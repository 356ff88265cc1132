// SPDX-License-Identifier: Apache-2.0
//
// An object read from the cluster: a JSON document and its arena.
//
//   auto object = Object::read(text);
//   object->name();  spec::find(object->value(), "spec");
//
// Movable, not copyable; the value keeps its address when the Object moves. Immutable in use, so a
// shared_ptr<const Object> may be read from any thread.
#pragma once

#include <expected>
#include <memory>
#include <string_view>

#include "spec/json.h"

namespace modelgate::kube {

class Object {
 public:
  /// An error if `text` is not a JSON object.
  static spec::Result<Object, spec::JsonError> read(std::string_view json,
                                                    const spec::ParseOptions& options = {});
  /// A copy with its own arena, as small as possible.
  static Object copy_of(const spec::Value& value);

  const spec::Value& value() const { return *value_; }
  // From metadata; empty if absent.
  std::string_view name() const;
  std::string_view namespace_() const;
  std::string_view uid() const;
  std::string_view resource_version() const;

 private:
  Object() = default;

  std::unique_ptr<spec::Arena> arena_;
  std::unique_ptr<spec::Value> value_;  // points into arena_
};

}  // namespace modelgate::kube
