// SPDX-License-Identifier: Apache-2.0
#include "kube/client/object.h"

#include <algorithm>
#include <utility>

namespace modelgate::kube {
namespace {

/// RapidJSON keeps strings up to this size within the value.
constexpr std::size_t kShortString = 13;
/// The smallest arena, for documents that need almost no memory of it.
constexpr std::size_t kSmallestChunk = 256;

std::size_t aligned(std::size_t size) {
  return (size + 7) & ~std::size_t{7};
}

/// The memory that a copy takes from its arena: a cached object should not hold the 64 KiB of a default
/// arena.
std::size_t size_in_arena(const spec::Value& value) {
  if (value.IsString())
    return value.GetStringLength() > kShortString ? aligned(value.GetStringLength() + 1) : 0;
  if (value.IsArray()) {
    std::size_t size = aligned(value.Capacity() * sizeof(spec::Value));
    for (const spec::Value& element : value.GetArray()) size += size_in_arena(element);
    return size;
  }
  if (!value.IsObject()) return 0;
  std::size_t size = aligned(value.MemberCount() * sizeof(spec::Value::Member));
  for (const auto& member : value.GetObject())
    size += size_in_arena(member.name) + size_in_arena(member.value);
  return size;
}

std::string_view metadata(const spec::Value& object, std::string_view name) {
  const spec::Value* text = spec::find(spec::find(object, "metadata"), name);
  return text && text->IsString() ? spec::text_of(*text) : std::string_view();
}

}  // namespace

spec::Result<Object, spec::JsonError> Object::read(std::string_view json, const spec::ParseOptions& options) {
  // Parsing allocates step by step and leaves unused space; the copy has the exact size.
  spec::Arena arena;
  auto value = spec::parse_json(json, arena, options);
  if (!value) return std::unexpected(std::move(value).error());
  if (!value->IsObject()) return std::unexpected(spec::JsonError{0, "not a JSON object"});
  return copy_of(*value);
}

Object Object::copy_of(const spec::Value& value) {
  Object object;
  object.arena_ = std::make_unique<spec::Arena>(std::max(size_in_arena(value), kSmallestChunk));
  object.value_ = std::make_unique<spec::Value>(value, *object.arena_);
  return object;
}

std::string_view Object::name() const {
  return metadata(*value_, "name");
}

std::string_view Object::namespace_() const {
  return metadata(*value_, "namespace");
}

std::string_view Object::uid() const {
  return metadata(*value_, "uid");
}

std::string_view Object::resource_version() const {
  return metadata(*value_, "resourceVersion");
}

}  // namespace modelgate::kube
