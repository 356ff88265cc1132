// SPDX-License-Identifier: Apache-2.0
//
// An object of the cluster as it was read: a JSON document and the arena that it lives in.
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
  /// Refuses what is no JSON object.
  static spec::Result<Object, spec::JsonError> read(std::string_view json,
                                                    const spec::ParseOptions& options = {});
  /// A copy of an object into an arena of its own, no larger than it takes.
  static Object copy_of(const spec::Value& value);

  const spec::Value& value() const { return *value_; }
  // Of metadata; empty where absent.
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
