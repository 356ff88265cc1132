// SPDX-License-Identifier: Apache-2.0
//
// Walks a document and its type together. Recursion is as deep as the tables (the deepest field is about
// fifteen levels below an InferenceService), for any depth of the document.
#include "spec/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "spec/json_text.h"
#include "spec/quantity.h"
#include "spec/value_type.h"

namespace modelgate::spec::schema {
namespace {

/// A segment of the path, on the stack: a path is built only for an error.
struct Step {
  const Step* parent = nullptr;
  std::string_view name;
  std::int64_t index = -1;
  bool key = false;
};

FieldPath path_to(const Step* step) {
  if (!step || (!step->parent && step->name.empty() && step->index < 0)) return {};
  const FieldPath parent = path_to(step->parent);
  if (step->index >= 0) return parent[static_cast<std::size_t>(step->index)];
  return step->key ? parent.key(step->name) : parent / step->name;
}

std::string allowed_by(const Type& type) {
  switch (type.kind) {
    case Kind::kAny:
      break;
    case Kind::kString:
      return "a string";
    case Kind::kBoolean:
      return "true or false";
    case Kind::kInteger:
      if (type.least == kInt64.least) return "a whole number of 64 bits";
      return fmt::format("a whole number from {} to {}", type.least, type.most);
    case Kind::kNumber:
      return "a number";
    case Kind::kQuantity:
      return R"(a quantity, such as "500m" or "1Gi")";
    case Kind::kQuantityOrInteger:
      return R"(a quantity in quotes, such as "0.5" or "1Gi", or a whole number)";
    case Kind::kIntOrString:
      return "a whole number of 32 bits or a string";
    case Kind::kObject:
      return "an object";
    case Kind::kList:
    case Kind::kListOrElement:
      return "a list";
    case Kind::kMap:
      return "an object";
  }
  return "anything";
}

/// A whole number, written as 1, 1.0 or 1e0.
std::optional<std::int64_t> whole(const Value& value) {
  if (value.IsInt64()) return value.GetInt64();
  if (!value.IsDouble()) return std::nullopt;
  const double d = value.GetDouble();
  // Both bounds are doubles: -2^63 is a 64 bit integer, 2^63 is not.
  if (std::trunc(d) != d || d < -0x1p63 || d >= 0x1p63) return std::nullopt;
  return static_cast<std::int64_t>(d);
}

void append_names(const Type& type, std::vector<std::string_view>& names) {
  for (const Field& field : type.fields) names.push_back(field.name);
  if (type.inlined) append_names(*type.inlined, names);
}

class Checker {
 public:
  Checker(const Options& options, FieldErrors& type_errors, FieldErrors* unknown_fields)
      : options_(options), type_errors_(type_errors), unknown_fields_(unknown_fields) {}

  void check(const Value& value, const Type& type, const Step& at) {
    switch (type.kind) {
      case Kind::kAny:
        return;
      case Kind::kObject:
        check_object(value, type, at);
        return;
      case Kind::kMap:
        check_map(value, type, at);
        return;
      case Kind::kList:
      case Kind::kListOrElement:
        check_list(value, type, at);
        return;
      case Kind::kString:
        if (!value.IsString()) wrong(value, type, at);
        return;
      case Kind::kBoolean:
        if (!value.IsBool()) wrong(value, type, at);
        return;
      case Kind::kInteger:
        check_integer(value, type, at);
        return;
      case Kind::kNumber:
        if (!value.IsNumber()) wrong(value, type, at);
        return;
      case Kind::kIntOrString:
        if (!value.IsString()) check_integer(value, type, at);
        return;
      case Kind::kQuantity:
      case Kind::kQuantityOrInteger:
        check_quantity(value, type, at);
        return;
    }
  }

 private:
  void check_object(const Value& value, const Type& type, const Step& at) {
    if (!value.IsObject()) {
      wrong(value, type, at);
      return;
    }
    for (const auto& member : value.GetObject()) {
      if (member.value.IsNull()) continue;
      const Step step{&at, text_of(member.name), -1, false};
      if (const Field* field = find_field(type, step.name)) {
        check(member.value, *field->type, step);
      } else if (unknown_fields_) {
        unknown(type, step);
      }
    }
  }

  void check_map(const Value& value, const Type& type, const Step& at) {
    if (!value.IsObject()) {
      wrong(value, type, at);
      return;
    }
    for (const auto& member : value.GetObject()) {
      if (member.value.IsNull()) continue;
      check(member.value, *type.element, Step{&at, text_of(member.name), -1, true});
    }
  }

  void check_list(const Value& value, const Type& type, const Step& at) {
    if (type.kind == Kind::kListOrElement && value.IsObject()) {
      check(value, *type.element, at);
      return;
    }
    if (!value.IsArray()) {
      wrong(value, type, at);
      return;
    }
    std::int64_t index = 0;
    for (const Value& element : value.GetArray())
      check(element, *type.element, Step{&at, {}, index++, false});
  }

  void check_integer(const Value& value, const Type& type, const Step& at) {
    const Type& range = type.kind == Kind::kIntOrString ? kInt32 : type;
    const auto number = whole(value);
    if (!number || *number < range.least || *number > range.most) wrong(value, type, at);
  }

  void check_quantity(const Value& value, const Type& type, const Step& at) {
    const bool is_right =
        value.IsString() || (type.kind == Kind::kQuantity ? value.IsNumber() : whole(value).has_value());
    if (!is_right) {
      wrong(value, type, at);
      return;
    }
    if (!options_.quantities) return;
    if (const auto quantity = Quantity::parse(value); !quantity) {
      type_errors_.add(invalid(path_to(&at), value, quantity.error()));
    }
  }

  /// Values that contain others are not shown: they may contain secrets, and they are long.
  void wrong(const Value& value, const Type& type, const Step& at) {
    const std::string detail = fmt::format("must be {}, not {}", allowed_by(type), type_name(value));
    const bool hidden = type.secret || value.IsObject() || value.IsArray() || value.IsNull();
    if (hidden) {
      type_errors_.add(type_invalid(path_to(&at), detail));
    } else if (value.IsNumber() && !type.secret && type.kind != Kind::kString &&
               type.kind != Kind::kBoolean) {
      type_errors_.add(type_invalid(path_to(&at), value, fmt::format("must be {}", allowed_by(type))));
    } else {
      type_errors_.add(type_invalid(path_to(&at), value, detail));
    }
  }

  void unknown(const Type& type, const Step& at) {
    // Beyond the limit they are only counted, without the search for a similar spelling.
    if (unknown_fields_->full() && !unknown_fields_->filtered()) {
      unknown_fields_->add(FieldError{});
      return;
    }
    std::vector<std::string_view> names;
    append_names(type, names);
    unknown_fields_->add(unknown_field(path_to(&at), names));
  }

  const Options& options_;
  FieldErrors& type_errors_;
  FieldErrors* unknown_fields_;
};

/// The longest name of an object.
constexpr std::size_t kMaxKey = 253;

/// A member, or a member of a part: "predictor.name".
const Value* find_key(const Value& element, std::string_view key) {
  const std::size_t dot = key.find('.');
  if (dot == std::string_view::npos) return find(element, key);
  return find(find(element, key.substr(0, dot)), key.substr(dot + 1));
}

/// False if the value has a wrong type, and must be removed.
bool keep_right_types(Value& value, const Type& type);

bool keep_members(Value& value, const Type& type) {
  if (!value.IsObject()) return false;
  for (auto m = value.MemberBegin(); m != value.MemberEnd();) {
    const Field* field = type.kind == Kind::kObject ? find_field(type, text_of(m->name)) : nullptr;
    const Type* member = type.kind == Kind::kObject ? (field ? field->type : nullptr) : type.element;
    if (!member || keep_right_types(m->value, *member)) {
      ++m;
    } else {
      m = value.RemoveMember(m);  // the last one takes its place
    }
  }
  return true;
}

bool keep_right_types(Value& value, const Type& type) {
  switch (type.kind) {
    case Kind::kObject:
    case Kind::kMap:
      return keep_members(value, type);
    case Kind::kList:
    case Kind::kListOrElement:
      if (type.kind == Kind::kListOrElement && value.IsObject())
        return keep_right_types(value, *type.element);
      return value.IsArray() && std::all_of(value.Begin(), value.End(),
                                            [&](Value& e) { return keep_right_types(e, *type.element); });
    default: {
      FieldErrors errors;
      check_structure(value, type, {}, errors);
      return errors.empty();
    }
  }
}

}  // namespace

const Field* find_field(const Type& type, std::string_view name) {
  if (name.size() <= kMaxFieldName) {
    const Field* end = type.fields.data() + type.starts[name.size() + 1];
    for (const Field* field = type.fields.data() + type.starts[name.size()]; field != end; ++field) {
      if (std::memcmp(field->name.data(), name.data(), name.size()) == 0) return field;
    }
  }
  return type.inlined ? find_field(*type.inlined, name) : nullptr;
}

void check_structure(const Value& document, const Type& type, const Options& options,
                     FieldErrors& type_errors, FieldErrors* unknown_fields) {
  Checker(options, type_errors, unknown_fields).check(document, type, Step{});
}

const Type* find_type(const Type& root, const FieldPath& path) {
  const Type* type = &root;
  for (const FieldPath::Segment& segment : path.segments()) type = type ? step_into(*type, segment) : nullptr;
  return type;
}

const Type* step_into(const Type& type, const FieldPath::Segment& segment) {
  switch (type.kind) {
    case Kind::kObject: {
      const Field* field = segment.index < 0 ? find_field(type, segment.name) : nullptr;
      return field ? field->type : nullptr;
    }
    case Kind::kMap:
      return segment.index < 0 ? type.element : nullptr;
    case Kind::kList:
      return segment.index >= 0 ? type.element : nullptr;
    case Kind::kListOrElement:
      return segment.index >= 0 ? type.element : step_into(*type.element, segment);
    default:
      return nullptr;
  }
}

std::string element_key(const Value& element, const Type& list) {
  std::string out;
  for (const std::string_view key : list.keys) {
    const Value* value = key.empty() ? nullptr : find_key(element, key);
    if (!value || value->IsObject() || value->IsArray()) continue;
    if (value->IsString() && value->GetStringLength() > kMaxKey) return {};
    if (!out.empty()) out += ',';
    out += key;
    out += '=';
    if (value->IsString()) {
      out += text_of(*value);
    } else {
      out += to_json(*value);
    }
  }
  return out;
}

void remove_type_errors(Value& document, const Type& type) {
  keep_right_types(document, type);
}

}  // namespace modelgate::spec::schema
