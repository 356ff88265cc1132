// SPDX-License-Identifier: Apache-2.0
#include "validation/field_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace modelgate::validation {
namespace {

using spec::ObjectView;
using spec::Value;
using spec::schema::Kind;
using spec::schema::Type;

constexpr std::int64_t kMaxPort = 65535;

bool is_unset(const Value* v) {
  if (!v || v->IsNull()) return true;
  return (v->IsString() && v->GetStringLength() == 0) || (v->IsArray() && v->Empty());
}

bool is_template(std::string_view text, Reading reading) {
  return reading.templates && text.find("{{") != std::string_view::npos;
}

std::string range_text(const FieldRule& rule) {
  if (rule.most == std::numeric_limits<std::int64_t>::max())
    return fmt::format("must be at least {}", rule.least);
  return fmt::format("must be from {} to {}", rule.least, rule.most);
}

void check_text(std::string_view text, const FieldRule& rule, const LazyPath& at, Reading reading,
                Report& report) {
  if (is_template(text, reading)) return;
  if (!rule.choices.empty() && std::ranges::find(rule.choices, text) == rule.choices.end())
    report.add(not_supported(at, text, rule.choices));
  if (!rule.form) return;
  if (const auto problem = rule.form(text)) report.add(invalid(at, text, std::string(*problem)));
}

void check_integer(std::int64_t n, const FieldRule& rule, const LazyPath& at, Report& report) {
  if (n < rule.least || n > rule.most) report.add(invalid(at, n, range_text(rule)));
}

void check_port(const Value& value, const LazyPath& at, Reading reading, Report& report) {
  if (value.IsString()) {
    const std::string_view name = spec::text_of(value);
    if (is_template(name, reading)) return;
    if (const auto problem = spec::check_port_name(name))
      report.add(invalid(at, name, std::string(*problem)));
  } else if (value.IsInt64() && (value.GetInt64() < 1 || value.GetInt64() > kMaxPort)) {
    report.add(invalid(at, value.GetInt64(), "must be from 1 to 65535"));
  }
}

bool has_range(const FieldRule& rule) {
  return rule.least != std::numeric_limits<std::int64_t>::min();
}

void check_value(const Value& v, const FieldRule& rule, const LazyPath& at, Reading reading, Report& report) {
  if (rule.port) return check_port(v, at, reading, report);
  if (v.IsString()) return check_text(spec::text_of(v), rule, at, reading, report);
  if (v.IsInt64() && has_range(rule)) return check_integer(v.GetInt64(), rule, at, report);
  if (!v.IsArray()) return;
  for (rapidjson::SizeType i = 0; i < v.Size(); ++i) check_value(v[i], rule, at[i], reading, report);
}

void check_field(const ObjectView& object, NameFilter names, const FieldRule& rule, const LazyPath& at,
                 Reading reading, Report& report) {
  const Value* v = names.may_have(rule.field) ? object.field(rule.field) : nullptr;
  if (!is_unset(v)) return check_value(*v, rule, at / rule.field, reading, report);
  const bool empty = rule.empty_is_invalid && v && v->IsString();
  if (empty || (rule.required && !reading.partial))
    report.add(required(at / rule.field, "must not be empty"));
}

class Walk {
 public:
  Walk(const FieldTable& table, Report& report) : table_(table), report_(report) {}

  void object(const Value& value, const Type& type, const LazyPath& at, Reading reading,
              std::span<const std::string_view> skip = {}) {
    if (report_.full()) return;
    if (const TypeRules* rules = table_.find(type)) apply(*rules, ObjectView(value), at, reading);
    for (const auto& m : value.GetObject()) {
      if (!m.value.IsObject() && !m.value.IsArray()) continue;
      const std::string_view name = spec::text_of(m.name);
      if (std::ranges::find(skip, name) != skip.end()) continue;
      const spec::schema::Field* field = spec::schema::find_field(type, name);
      if (field) any(m.value, *field->type, at / name, reading);
    }
  }

 private:
  void apply(const TypeRules& rules, const ObjectView& object, const LazyPath& at, Reading reading) {
    const NameFilter names(*object.value());
    for (const FieldRule& rule : rules.fields) check_field(object, names, rule, at, reading, report_);
    check_one_of(object, rules.one_of, at, reading, report_);
    if (rules.check && (rules.about.empty() || names.overlaps(rules.about)))
      rules.check(object, at, reading, report_);
  }

  void any(const Value& value, const Type& type, const LazyPath& at, Reading reading) {
    if (type.kind == Kind::kObject && value.IsObject()) return object(value, type, at, reading);
    if (type.kind != Kind::kList || !value.IsArray() || type.element->kind != Kind::kObject) return;
    reading.partial = reading.partial && !type.patch_key.empty();
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
      if (value[i].IsObject()) object(value[i], *type.element, at[i], reading);
    }
  }

  const FieldTable& table_;
  Report& report_;
};

}  // namespace

FieldTable::FieldTable(std::initializer_list<std::span<const TypeRules>> tables) {
  for (const std::span<const TypeRules> rows : tables) {
    for (const TypeRules& row : rows) rows_.push_back(&row);
  }
  std::ranges::sort(rows_, std::less<>{}, &TypeRules::type);
}

const TypeRules* FieldTable::find(const Type& type) const {
  const auto it = std::ranges::lower_bound(rows_, &type, std::less<>{}, &TypeRules::type);
  return it != rows_.end() && (*it)->type == &type ? *it : nullptr;
}

void check_fields(const FieldSubject& s, const FieldTable& table, Report& report) {
  if (s.value.IsObject()) Walk(table, report).object(s.value, s.type, s.at, s.reading, s.skip);
}

std::size_t count_members(const ObjectView& object, std::span<const std::string_view> members) {
  return static_cast<std::size_t>(
      std::ranges::count_if(members, [&](std::string_view name) { return !is_unset(object.field(name)); }));
}

void check_one_of(const ObjectView& object, const OneOf& one_of, const LazyPath& at, Reading reading,
                  Report& report) {
  if (one_of.members.empty()) return;
  const std::size_t n = count_members(object, one_of.members);
  if (n == 1) return;
  if (n == 0) {
    if (one_of.required && !reading.partial)
      report.add(required(at, fmt::format("needs one of {}", fmt::join(one_of.members, ", "))));
    return;
  }
  std::vector<std::string_view> found;
  for (const std::string_view name : one_of.members) {
    if (!is_unset(object.field(name))) found.push_back(name);
  }
  report.add(forbidden(at, fmt::format("has {}: only one of them may be set", fmt::join(found, " and "))));
}

}  // namespace modelgate::validation
