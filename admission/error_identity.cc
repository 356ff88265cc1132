// SPDX-License-Identifier: Apache-2.0
#include "admission/error_identity.h"

#include <algorithm>
#include <string>
#include <utility>

#include "admission/realization.h"

namespace modelgate::admission {
namespace {

using spec::FieldPath;
using spec::Value;
using spec::schema::Type;

constexpr std::uint64_t kStart = 0xcbf29ce484222325ULL;

/// A text and its end, so that two texts are not the same as their concatenation.
std::uint64_t mix(std::uint64_t digest, std::string_view text) {
  for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return (digest ^ (0x100U + text.size())) * 0x100000001b3ULL;
}

ErrorIdentity mix(const ErrorIdentity& digest, std::string_view text) {
  return {mix(digest.by_index, text), mix(digest.by_content, text)};
}

/// Objects with fewer members are searched in a line.
constexpr rapidjson::SizeType kLarge = 32;

const Value* member(const Value& object, std::string_view name, std::vector<const Value::Member*>& sorted) {
  if (!object.IsObject()) return nullptr;
  if (object.MemberCount() < kLarge) return spec::find(object, name);
  const auto name_of = [](const Value::Member* m) { return spec::text_of(m->name); };
  if (sorted.empty()) sorted = spec::sorted_members(object);
  const auto it = std::ranges::lower_bound(sorted, name, {}, name_of);
  return it != sorted.end() && name_of(*it) == name ? &(*it)->value : nullptr;
}

const Value* element(const Value& list, std::int32_t index) {
  const auto i = static_cast<rapidjson::SizeType>(index);
  return list.IsArray() && i < list.Size() ? &list[i] : nullptr;
}

/// Names are compared by address: equal ones at different addresses are only resolved again.
bool same(const FieldPath::Segment& a, const FieldPath::Segment& b) {
  return a.index == b.index && a.key == b.key && a.name.data() == b.name.data() &&
         a.name.size() == b.name.size();
}

/// What an error shows is cut beyond this, see spec::quote().
constexpr std::size_t kMaxShown = 128;

/// Distinguishes errors of one rule at one place.
std::string distinction(const spec::FieldError& error, const Value* value) {
  // Errors of the builder have the path of a component and no value; their texts distinguish them.
  if (error.rule == kRealizableRule) return error.detail;
  if (value && error.rule == kTypeRule) return spec::digest(*value);
  if (!error.value.empty() && error.value.size() <= kMaxShown) return error.value;
  const bool is_scalar = value && !value->IsObject() && !value->IsArray();
  return is_scalar ? spec::to_json(*value) : error.value;
}

}  // namespace

ErrorIdentities::ErrorIdentities(const Value& object, const Type& type) {
  places_.push_back({.segment = {}, .value = &object, .type = &type, .digest = {kStart, kStart}});
}

ErrorIdentity ErrorIdentities::of(const spec::FieldError& error) {
  const Place& place = resolve(error.path);
  return mix(mix(place.digest, error.rule), distinction(error, place.value));
}

ErrorIdentities::Place& ErrorIdentities::resolve(const FieldPath& path) {
  const auto segments = path.segments();
  std::size_t shared = 0;
  while (shared < segments.size() && shared + 1 < places_.size() &&
         same(places_[shared + 1].segment, segments[shared]))
    ++shared;
  places_.erase(places_.begin() + static_cast<std::ptrdiff_t>(shared) + 1, places_.end());
  for (const FieldPath::Segment& segment : segments.subspan(shared)) {
    Place next = below(places_.back(), segment);
    places_.push_back(std::move(next));
  }
  return places_.back();
}

ErrorIdentities::Place ErrorIdentities::below(Place& parent, const FieldPath::Segment& segment) {
  Place out{.segment = segment, .digest = parent.digest};
  out.type = parent.type ? spec::schema::step_into(*parent.type, segment) : nullptr;
  if (segment.index < 0) {
    out.value = parent.value ? member(*parent.value, segment.name, parent.sorted) : nullptr;
    out.digest = mix(parent.digest, segment.name);
    return out;
  }
  out.value = parent.value ? element(*parent.value, segment.index) : nullptr;
  const std::string key =
      out.value && parent.type ? spec::schema::element_key(*out.value, *parent.type) : std::string();
  if (!key.empty()) {
    out.digest = mix(parent.digest, key);
  } else {
    out.digest.by_index = mix(parent.digest.by_index, std::to_string(segment.index));
    out.digest.by_content = mix(parent.digest.by_content, out.value ? spec::digest(*out.value) : "");
  }
  return out;
}

}  // namespace modelgate::admission
