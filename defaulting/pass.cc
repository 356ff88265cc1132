// SPDX-License-Identifier: Apache-2.0
#include "defaulting/pass.h"

#include <algorithm>
#include <utility>

#include "spec/deployment_mode.h"

namespace modelgate::defaulting {

Pass::Pass(spec::Edit& edit_in, const Context& context_in)
    : edit(edit_in),
      context(context_in),
      configuration(context_in.catalog.configuration()),
      earlier(context_in.old_object, edit_in.arena()) {}

std::string_view Pass::deployment_mode() const {
  return spec::effective_deployment_mode(service(), old_service(), configuration);
}

void Pass::set(const spec::FieldPath& path, spec::Value value) {
  if (can_hold(path)) edit.set(path, std::move(value));
}

std::string_view Pass::copy_to_arena(std::string_view text) {
  char* copy = static_cast<char*>(edit.arena().Malloc(text.size()));
  std::ranges::copy(text, copy);
  return {copy, text.size()};
}

void Pass::warn(const spec::FieldPath& path, std::string text) {
  outcome.warnings.push_back({.rule = step, .path = path, .text = std::move(text)});
}

Pass::Place Pass::place_at(const spec::FieldPath& path) const {
  const spec::Value* at = &document();
  for (const auto& s : path.segments()) {
    if (s.index < 0) {
      if (!at->IsObject()) return Place::kBlocked;
      at = spec::find(*at, s.name);
      if (!at) return Place::kFree;
      continue;
    }
    const auto i = static_cast<rapidjson::SizeType>(s.index);
    if (!at->IsArray() || i >= at->Size()) return Place::kBlocked;
    at = &(*at)[i];
  }
  return Place::kTaken;
}

bool is_empty(const spec::Value& value) {
  if (value.IsObject()) {
    return std::all_of(value.MemberBegin(), value.MemberEnd(),
                       [](const auto& m) { return is_empty(m.value); });
  }
  if (value.IsArray()) return value.Empty();
  return value.IsNull() || (value.IsString() && value.GetStringLength() == 0);
}

}  // namespace modelgate::defaulting
