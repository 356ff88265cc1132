// SPDX-License-Identifier: Apache-2.0
#include "spec/configuration_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "spec/field.h"
#include "spec/json_text.h"
#include "spec/spelling.h"
#include "spec/text/ascii.h"
#include "spec/value_type.h"

namespace modelgate::spec {
namespace {

std::string join(std::span<const std::string_view> values) {
  std::string out;
  for (const std::string_view value : values) out += (out.empty() ? "" : ", ") + quote(value);
  return out;
}

}  // namespace

std::string not_allowed(std::string_view found, std::span<const std::string_view> allowed) {
  std::string message = fmt::format("is {}, allowed are {}", quote(found), join(allowed));
  if (const auto near = nearest(found, allowed)) message += fmt::format(" (did you mean {}?)", quote(*near));
  return message;
}

Section::Section(Problems& problems, std::string_view key, std::string path, const Value& object)
    : problems_(problems), key_(key), path_(std::move(path)), object_(object) {}

std::string Section::path_of(std::string_view field) const {
  if (path_.empty() || field.empty()) return path_ + std::string(field);
  return fmt::format("{}.{}", path_, field);
}

void Section::error(std::string_view field, std::string message) {
  problems_.errors.push_back({std::string(key_), path_of(field), std::move(message)});
}

void Section::warning(std::string_view field, std::string message) {
  problems_.warnings.push_back({std::string(key_), path_of(field), std::move(message)});
}

/// The field with that name, or else with that name in another case.
const Value* Section::find(std::string_view field) {
  known_.push_back(field);
  if (const Value* exact = spec::find(object_, field)) return exact;
  for (const auto& member : object_.GetObject()) {
    if (text::equal_ignoring_case(text_of(member.name), field)) return &member.value;
  }
  return nullptr;
}

const Value* Section::wrong_type(std::string_view field, const Value& found, std::string_view allowed) {
  error(field, fmt::format("is {}, allowed is {}", type_name(found), allowed));
  return nullptr;
}

const Value* Section::find_string(std::string_view field) {
  const Value* value = find(field);
  if (!value || value->IsString()) return value;
  return wrong_type(field, *value, "a string");
}

void Section::text(std::string_view field, std::string& out) {
  if (const Value* value = find_string(field)) out = text_of(*value);
}

void Section::text(std::string_view field, std::optional<std::string>& out) {
  if (const Value* value = find_string(field)) out = text_of(*value);
}

void Section::text_or_default(std::string_view field, std::string& out) {
  const Value* value = find_string(field);
  if (value && value->GetStringLength() > 0) out = text_of(*value);
}

std::optional<std::size_t> Section::choice(std::string_view field,
                                           std::span<const std::string_view> allowed) {
  const Value* value = find_string(field);
  if (!value) return std::nullopt;
  const auto found = std::ranges::find(allowed, text_of(*value));
  if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
  error(field, not_allowed(text_of(*value), allowed));
  return std::nullopt;
}

void Section::choice(std::string_view field, std::span<const std::string_view> allowed, std::string& out) {
  const Value* value = find(field);
  if (value && value->IsString() && value->GetStringLength() == 0) return;
  if (const auto index = choice(field, allowed)) out = allowed[*index];
}

void Section::flag(std::string_view field, bool& out) {
  const Value* value = find(field);
  if (!value) return;
  if (!value->IsBool()) {
    wrong_type(field, *value, "a boolean");
    return;
  }
  out = value->GetBool();
}

std::optional<std::int64_t> Section::whole(std::string_view field, std::int64_t least, std::int64_t most) {
  const Value* value = find(field);
  if (!value) return std::nullopt;
  if (value->IsInt64() && value->GetInt64() >= least && value->GetInt64() <= most) return value->GetInt64();
  const std::string found = value->IsNumber() ? to_json(*value) : std::string(type_name(*value));
  error(field, fmt::format("is {}, allowed is a whole number from {} to {}", found, least, most));
  return std::nullopt;
}

void Section::number_as_text(std::string_view field, std::optional<std::int32_t>& out) {
  const Value* value = find_string(field);
  if (!value || value->GetStringLength() == 0) return;
  const std::string_view text = text_of(*value);
  std::int32_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) {
    error(field, fmt::format("is {}, allowed is a whole number of 32 bits as text", quote(text)));
    return;
  }
  out = number;
}

void Section::quantity(std::string_view field, std::optional<QuantitySetting>& out) {
  const Value* value = find_string(field);
  if (!value || value->GetStringLength() == 0) return;
  const auto read = Quantity::parse(text_of(*value));
  if (!read) {
    error(field, fmt::format("is {}: {}", quote(text_of(*value)), read.error()));
    return;
  }
  if (read->sign() < 0) {
    error(field, fmt::format("is {}, allowed is zero or more", quote(text_of(*value))));
    return;
  }
  out = QuantitySetting{read->stored(text_of(*value)), *read};
}

void Section::resources(ResourceSettings& out) {
  quantity("cpuRequest", out.cpu_request);
  quantity("cpuLimit", out.cpu_limit);
  quantity("memoryRequest", out.memory_request);
  quantity("memoryLimit", out.memory_limit);
  const auto check = [this](std::string_view field, const auto& limit, const auto& request) {
    if (limit && request && limit->quantity < request->quantity) {
      error(field, fmt::format("is {}, allowed is at least the request, {}", limit->text, request->text));
    }
  };
  check("cpuLimit", out.cpu_limit, out.cpu_request);
  check("memoryLimit", out.memory_limit, out.memory_request);
}

bool Section::read_texts(const std::string& field, const Value& list, std::vector<std::string>& out) {
  if (!list.IsArray()) {
    wrong_type(field, list, "a list of strings");
    return false;
  }
  std::vector<std::string> texts;
  bool right = true;
  for (const Value& item : list.GetArray()) {
    if (item.IsString()) {
      texts.emplace_back(text_of(item));
    } else {
      right = false;
      wrong_type(fmt::format("{}[{}]", field, &item - list.Begin()), item, "a string");
    }
  }
  if (right) out = std::move(texts);
  return right;
}

void Section::texts(std::string_view field, std::vector<std::string>& out) {
  if (const Value* value = find(field)) read_texts(std::string(field), *value, out);
}

void Section::text_map(std::string_view field, std::map<std::string, std::string>& out) {
  const Value* value = find(field);
  if (!value) return;
  if (!value->IsObject()) {
    wrong_type(field, *value, "an object of strings");
    return;
  }
  for (const auto& member : value->GetObject()) {
    if (member.value.IsString()) {
      out.emplace(text_of(member.name), text_of(member.value));
    } else {
      wrong_type(fmt::format("{}[{}]", field, text_of(member.name)), member.value, "a string");
    }
  }
}

void Section::texts_map(std::string_view field, std::map<std::string, std::vector<std::string>>& out) {
  const Value* value = find(field);
  if (!value) return;
  if (!value->IsObject()) {
    wrong_type(field, *value, "an object of lists of strings");
    return;
  }
  for (const auto& member : value->GetObject()) {
    std::vector<std::string> texts;
    if (read_texts(fmt::format("{}[{}]", field, text_of(member.name)), member.value, texts)) {
      out.emplace(text_of(member.name), std::move(texts));
    }
  }
}

std::optional<Section> Section::section(std::string_view field) {
  const Value* value = find(field);
  if (!value) return std::nullopt;
  if (!value->IsObject()) {
    wrong_type(field, *value, "an object");
    return std::nullopt;
  }
  return Section(problems_, key_, path_of(field), *value);
}

void Section::finish() {
  for (const auto& member : object_.GetObject()) {
    const std::string_view name = text_of(member.name);
    const auto is_name = [name](std::string_view known) { return text::equal_ignoring_case(known, name); };
    if (std::ranges::any_of(known_, is_name)) continue;
    const auto near = nearest(name, known_);
    warning(name, near ? fmt::format("is not a known field (did you mean {}?)", quote(*near))
                       : std::string("is not a known field"));
  }
}

}  // namespace modelgate::spec
