// SPDX-License-Identifier: Apache-2.0
#include "spec/field.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/json_text.h"
#include "spec/spelling.h"
#include "spec/text/printable.h"
#include "spec/text/utf8.h"

namespace modelgate::spec {
namespace {

const Value* step(const Value* v, const FieldPath::Segment& s) {
  if (!v) return nullptr;
  if (s.index < 0) return find(v, s.name);
  const auto i = static_cast<rapidjson::SizeType>(s.index);
  return v->IsArray() && i < v->Size() ? &(*v)[i] : nullptr;
}

void append_pointer_token(std::string_view token, std::string& out) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~' && token[i] != '/') continue;
    out += token.substr(from, i - from);
    out += token[i] == '~' ? "~0" : "~1";
    from = i + 1;
  }
  out += token.substr(from);
}

void append_member(const FieldPath::Segment& s, std::string& out) {
  if (s.key) {
    out += fmt::format("[{}]", s.name);
    return;
  }
  if (!out.empty()) out += '.';
  out += s.name;
}

/// How much of a value an error shows: enough to find it again, not enough to fill a terminal.
constexpr std::size_t kMaxShown = 128;

std::string shown(const Value& v) {
  if (v.IsString()) return quote(text_of(v));
  return text::truncate(to_json(v), kMaxShown);
}

}  // namespace

FieldPath FieldPath::parent() const {
  FieldPath p = *this;
  if (!p.segments_.empty()) p.segments_.pop_back();
  return p;
}

bool FieldPath::is_at_or_below(const FieldPath& ancestor) const {
  const auto above = ancestor.segments();
  return segments_.size() >= above.size() && std::ranges::equal(above, segments().first(above.size()));
}

std::string FieldPath::to_string() const {
  std::string out;
  for (const Segment& s : segments_) {
    if (s.index >= 0) {
      out += fmt::format("[{}]", s.index);
    } else {
      append_member(s, out);
    }
  }
  return text::printable(std::move(out));
}

std::string FieldPath::to_pointer() const {
  std::string out;
  out.reserve(96);
  for (const Segment& s : segments_) {
    out += '/';
    if (s.index >= 0) {
      out += std::to_string(s.index);
    } else {
      append_pointer_token(s.name, out);
    }
  }
  return out;
}

const Value* FieldPath::find_in(const Value& root) const {
  const Value* at = &root;
  for (const Segment& s : segments_) at = step(at, s);
  return at;
}

Value* FieldPath::find_in(Value& root) const {
  return const_cast<Value*>(find_in(static_cast<const Value&>(root)));
}

std::string_view reason_of(ErrorType type) {
  switch (type) {
    case ErrorType::kRequired:
      return "FieldValueRequired";
    case ErrorType::kInvalid:
      return "FieldValueInvalid";
    case ErrorType::kTypeInvalid:
      return "FieldValueTypeInvalid";
    case ErrorType::kNotSupported:
      return "FieldValueNotSupported";
    case ErrorType::kForbidden:
      return "FieldValueForbidden";
    case ErrorType::kDuplicate:
      return "FieldValueDuplicate";
    case ErrorType::kTooLong:
      return "FieldValueTooLong";
    case ErrorType::kTooMany:
      return "FieldValueTooMany";
    case ErrorType::kNotFound:
      return "FieldValueNotFound";
    case ErrorType::kUnknownField:
      return "FieldValueForbidden";
  }
  return "FieldValueInvalid";
}

std::string_view phrase_of(ErrorType type) {
  switch (type) {
    case ErrorType::kRequired:
      return "Required value";
    case ErrorType::kInvalid:
    case ErrorType::kTypeInvalid:
      return "Invalid value";
    case ErrorType::kNotSupported:
      return "Unsupported value";
    case ErrorType::kForbidden:
      return "Forbidden";
    case ErrorType::kDuplicate:
      return "Duplicate value";
    case ErrorType::kTooLong:
      return "Too long";
    case ErrorType::kTooMany:
      return "Too many";
    case ErrorType::kNotFound:
      return "Not found";
    case ErrorType::kUnknownField:
      return "Unknown field";
  }
  return "Invalid value";
}

std::string FieldError::message() const {
  std::string out{phrase_of(type)};
  if (!value.empty()) out += ": " + value;
  if (!detail.empty()) out += ": " + detail;
  return text::printable(std::move(out));
}

FieldError required(FieldPath path, std::string detail) {
  return {ErrorType::kRequired, std::move(path), {}, std::move(detail)};
}

FieldError invalid(FieldPath path, std::string_view value, std::string detail) {
  return {ErrorType::kInvalid, std::move(path), quote(value), std::move(detail)};
}

FieldError invalid(FieldPath path, std::int64_t value, std::string detail) {
  return {ErrorType::kInvalid, std::move(path), std::to_string(value), std::move(detail)};
}

FieldError invalid(FieldPath path, const Value& value, std::string detail) {
  return {ErrorType::kInvalid, std::move(path), shown(value), std::move(detail)};
}

FieldError invalid(FieldPath path, std::string detail) {
  return {ErrorType::kInvalid, std::move(path), {}, std::move(detail)};
}

FieldError type_invalid(FieldPath path, const Value& value, std::string detail) {
  return {ErrorType::kTypeInvalid, std::move(path), shown(value), std::move(detail)};
}

FieldError type_invalid(FieldPath path, std::string detail) {
  return {ErrorType::kTypeInvalid, std::move(path), {}, std::move(detail)};
}

FieldError not_supported(FieldPath path, std::string_view value, std::span<const std::string_view> allowed) {
  std::string detail = allowed.size() == 1 ? "supported value: " : "supported values: ";
  for (const char* separator = ""; const std::string_view a : allowed) {
    detail += separator;
    detail += quote(a);
    separator = ", ";
  }
  if (const auto near = nearest(value, allowed)) detail += fmt::format(" (did you mean {}?)", quote(*near));
  return {ErrorType::kNotSupported, std::move(path), quote(value), std::move(detail)};
}

FieldError forbidden(FieldPath path, std::string detail) {
  return {ErrorType::kForbidden, std::move(path), {}, std::move(detail)};
}

FieldError duplicate(FieldPath path, std::string_view value) {
  return {ErrorType::kDuplicate, std::move(path), quote(value)};
}

FieldError too_long(FieldPath path, std::string_view value, std::size_t max_bytes) {
  return {ErrorType::kTooLong, std::move(path), quote(value),
          fmt::format("must be at most {} bytes, and is {}", max_bytes, value.size())};
}

FieldError too_many(FieldPath path, std::size_t count, std::size_t max) {
  return {ErrorType::kTooMany, std::move(path), std::to_string(count),
          fmt::format("must be at most {} items", max)};
}

FieldError not_found(FieldPath path, std::string_view value, std::string detail) {
  return {ErrorType::kNotFound, std::move(path), quote(value), std::move(detail)};
}

FieldError unknown_field(FieldPath path, std::span<const std::string_view> known) {
  const std::string_view name = path.empty() ? std::string_view{} : path.segments().back().name;
  std::string detail = "there is no such field here";
  if (const auto near = nearest(name, known)) detail += fmt::format("; did you mean \"{}\"?", *near);
  return {ErrorType::kUnknownField, std::move(path), {}, std::move(detail)};
}

void FieldErrors::add(FieldError error) {
  if (error.rule.empty()) {
    error.rule = rule_;
    error.strict_only = strict_only_;
  }
  if (filter_ && !filter_->keeps(error)) return;
  if (full()) {
    ++dropped_;
    return;
  }
  errors_.push_back(std::move(error));
}

std::string FieldWarning::to_string() const {
  return text::printable(path.empty() ? text : path.to_string() + ": " + text);
}

FieldWarning as_warning(const FieldError& error) {
  return {.rule = error.rule, .path = error.path, .text = error.message()};
}

std::vector<FieldWarning> split_by_mode(FieldErrors& errors, bool strict) {
  std::vector<FieldWarning> warnings;
  if (strict) return warnings;
  FieldErrors denying;
  for (FieldError& e : errors.list()) {
    if (e.strict_only) {
      warnings.push_back(as_warning(e));
    } else {
      denying.add(std::move(e));
    }
  }
  errors = std::move(denying);
  return warnings;
}

std::string quote(std::string_view s) {
  std::string out = "\"";
  const std::string_view all = s;
  while (!s.empty()) {
    if (all.size() - s.size() >= kMaxShown) {
      out += "...";
      break;
    }
    std::size_t length = std::max<std::size_t>(text::character_length(s), 1);
    if (s.front() == '"' || s.front() == '\\') {
      out += '\\';
      out += s.front();
    } else if (text::printable_length(s.substr(0, length)) == length) {
      out += s.substr(0, length);
    } else {
      length = text::append_escape(s, out);
    }
    s.remove_prefix(length);
  }
  return out + '"';
}

}  // namespace modelgate::spec
