// SPDX-License-Identifier: Apache-2.0
//
// Each function walks the object and the schema together. The recursion is at most as deep as the object,
// whose depth the parser limits.
#include "cli/offline/structural_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "deploy/builtin_crds.h"
#include "kube/manifests.h"
#include "spec/text/ascii.h"
#include "spec/value_type.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::FieldErrors;
using spec::FieldPath;
using spec::ObjectView;
using spec::Value;

constexpr std::string_view kIntOrString = "x-kubernetes-int-or-string";
constexpr std::string_view kPreserve = "x-kubernetes-preserve-unknown-fields";

/// The object's own description, which the API server checks apart. The status of a new object is dropped.
constexpr std::array<std::string_view, 4> kApart = {"apiVersion", "kind", "metadata", "status"};

bool is_apart(const FieldPath& parent, std::string_view name) {
  return parent.empty() && std::ranges::find(kApart, name) != kApart.end();
}

bool flag(const ObjectView& schema, std::string_view name) {
  return schema.boolean(name).value_or(false);
}

/// Numbers with a fraction of zero count, up to 2^53, where each is exact.
bool is_whole(const Value& value) {
  if (value.IsInt64()) return true;
  if (!value.IsDouble()) return false;
  const double number = value.GetDouble();
  return std::trunc(number) == number && std::abs(number) < 0x1p53;
}

/// What a schema type means: whether a value has it, and how it is called.
struct TypeRule {
  std::string_view name;
  bool (*has)(const Value&);
  std::string_view allowed;
};

constexpr std::array<TypeRule, 6> kTypes = {{
    {"object", [](const Value& v) { return v.IsObject(); }, "an object"},
    {"array", [](const Value& v) { return v.IsArray(); }, "a list"},
    {"string", [](const Value& v) { return v.IsString(); }, "a string"},
    {"boolean", [](const Value& v) { return v.IsBool(); }, "true or false"},
    {"integer", is_whole, "a whole number"},
    {"number", [](const Value& v) { return v.IsNumber(); }, "a number"},
}};

/// Lists and objects are not shown: they are long and may contain secrets.
void add_wrong_type(const FieldPath& path, const Value& value, std::string detail, FieldErrors& errors) {
  if (value.IsObject() || value.IsArray() || value.IsNull()) {
    errors.add(spec::type_invalid(path, fmt::format("{}, not {}", detail, spec::type_name(value))));
  } else {
    errors.add(spec::type_invalid(path, value, std::move(detail)));
  }
}

void check_int_or_string(const FieldPath& path, const Value& value, FieldErrors& errors) {
  if (value.IsString() || is_whole(value)) return;
  std::string detail = "must be a string or a whole number";
  if (value.IsDouble()) detail += fmt::format("; write \"{}\", in quotes", spec::to_json(value));
  add_wrong_type(path, value, std::move(detail), errors);
}

bool has_type(const FieldPath& path, const Value& value, const ObjectView& schema, FieldErrors& errors) {
  const auto* rule = std::ranges::find(kTypes, schema.string("type"), &TypeRule::name);
  if (rule == kTypes.end() || rule->has(value)) return true;
  add_wrong_type(path, value, fmt::format("must be {}", rule->allowed), errors);
  return false;
}

/// The schema of a member; absent if it has none.
ObjectView member_schema(const ObjectView& schema, std::string_view name) {
  const ObjectView property = schema.object("properties").object(name);
  return property ? property : schema.object("additionalProperties");
}

bool is_map(const ObjectView& schema) {
  return static_cast<bool>(schema.object("additionalProperties"));
}

/// Calls `f(path, value, schema)` for each member and element that has a schema.
template <typename V, typename F>
void for_each_part(const FieldPath& path, V& value, const ObjectView& schema, F&& f) {
  if (value.IsObject()) {
    for (auto& member : value.GetObject()) {
      const std::string_view name = spec::text_of(member.name);
      const ObjectView part = member_schema(schema, name);
      if (!part || is_apart(path, name) || member.value.IsNull()) continue;
      f(is_map(schema) ? path.key(name) : path / name, member.value, part);
    }
  } else if (value.IsArray()) {
    const ObjectView items = schema.object("items");
    std::size_t i = 0;
    for (auto& element : value.GetArray()) {
      if (items) f(path[i], element, items);
      ++i;
    }
  }
}

void check_required(const FieldPath& path, const Value& value, const ObjectView& schema,
                    FieldErrors& errors) {
  const Value* required = schema.field("required");
  if (!required || !required->IsArray() || !value.IsObject()) return;
  for (const Value& name : required->GetArray()) {
    if (!spec::find(value, spec::text_of(name)))
      errors.add(spec::required(path / spec::text_of(name), "must be set"));
  }
}

void check_member_count(const FieldPath& path, const Value& value, const ObjectView& schema,
                        FieldErrors& errors) {
  const auto most = schema.integer("maxProperties");
  if (!most || !value.IsObject() || value.MemberCount() <= static_cast<std::size_t>(*most)) return;
  errors.add(spec::too_many(path, value.MemberCount(), static_cast<std::size_t>(*most)));
}

/// The keys of an element, with the defaults that the API server gives them.
std::string keys_of(const Value& element, const Value& names, const ObjectView& schema) {
  std::string out;
  for (const Value& name : names.GetArray()) {
    const Value* value = spec::find(element, spec::text_of(name));
    if (!value) value = schema.object("properties").object(spec::text_of(name)).field("default");
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", spec::text_of(name),
                       value ? spec::to_json(*value) : "");
  }
  return out;
}

void check_keys(const FieldPath& path, const Value& list, const ObjectView& schema, FieldErrors& errors) {
  const Value* names = schema.field("x-kubernetes-list-map-keys");
  if (!names || !names->IsArray() || !list.IsArray()) return;
  std::set<std::string> seen;
  std::size_t i = 0;
  for (const Value& element : list.GetArray()) {
    std::string keys = element.IsObject() ? keys_of(element, *names, schema.object("items")) : std::string();
    if (!keys.empty() && seen.contains(keys)) errors.add(spec::duplicate(path[i], keys));
    if (!keys.empty()) seen.insert(std::move(keys));
    ++i;
  }
}

void check_value(const FieldPath& path, const Value& value, const ObjectView& schema, FieldErrors& errors) {
  if (flag(schema, kIntOrString)) return check_int_or_string(path, value, errors);
  if (!has_type(path, value, schema, errors)) return;
  check_required(path, value, schema, errors);
  check_member_count(path, value, schema, errors);
  check_keys(path, value, schema, errors);
  for_each_part(path, value, schema,
                [&](const FieldPath& at, const Value& part, const ObjectView& its_schema) {
                  check_value(at, part, its_schema, errors);
                });
}

std::vector<std::string_view> names_of(const ObjectView& properties) {
  std::vector<std::string_view> names;
  if (!properties) return names;
  for (const auto& m : properties.value()->GetObject()) names.push_back(spec::text_of(m.name));
  return names;
}

void report_unknown(const FieldPath& path, const Value& value, const ObjectView& schema,
                    FieldErrors& errors) {
  const bool closed = value.IsObject() && !flag(schema, kPreserve) && !is_map(schema);
  if (closed) {
    for (const auto& m : value.GetObject()) {
      const std::string_view name = spec::text_of(m.name);
      if (is_apart(path, name) || member_schema(schema, name)) continue;
      errors.add(spec::unknown_field(path / name, names_of(schema.object("properties"))));
    }
  }
  for_each_part(path, value, schema,
                [&](const FieldPath& at, const Value& part, const ObjectView& its_schema) {
                  report_unknown(at, part, its_schema, errors);
                });
}

void add_defaults(const FieldPath& path, Value& value, const ObjectView& schema, spec::Arena& arena) {
  if (value.IsObject() && schema.object("properties")) {
    for (const auto& property : schema.object("properties").value()->GetObject()) {
      const std::string_view name = spec::text_of(property.name);
      const Value* standard = ObjectView(property.value).field("default");
      const Value* present = spec::find(value, name);
      if (!standard || is_apart(path, name) || (present && !present->IsNull())) continue;
      spec::set_member(value, name, spec::clone(*standard, arena), arena);
    }
  }
  for_each_part(path, value, schema, [&](const FieldPath& at, Value& part, const ObjectView& its_schema) {
    add_defaults(at, part, its_schema, arena);
  });
}

/// A CRD, and the schema of its only version.
class Crd {
 public:
  explicit Crd(const BuiltinManifest& manifest)
      : objects_(kube::read_documents(manifest.name, manifest.text, arena_)), schema_(root()) {}

  bool is_of(std::string_view api_version, std::string_view kind) const {
    const ObjectView spec = this->spec();
    return spec.object("names").string("kind") == kind &&
           fmt::format("{}/{}", spec.string("group"), spec.list("versions")[0].string("name")) == api_version;
  }
  const StructuralSchema& schema() const { return schema_; }

 private:
  ObjectView spec() const { return ObjectView(objects_.objects.at(0).value).object("spec"); }
  const Value& root() const {
    const Value* schema = spec().list("versions")[0].object("schema").field("openAPIV3Schema");
    if (!schema) throw std::logic_error("a built-in CRD has no schema");
    return *schema;
  }

  spec::Arena arena_;
  kube::Documents objects_;
  StructuralSchema schema_;
};

/// Only the CRDs of the kinds in use are parsed: "crds/serving.kserve.io_inferenceservices.yaml" has the
/// kind in its name.
bool may_be_of(const BuiltinManifest& manifest, std::string_view kind) {
  return manifest.name.ends_with(fmt::format("_{}s.yaml", text::lowercase(kind)));
}

}  // namespace

void StructuralSchema::report_unknown_fields(const Value& object, FieldErrors& errors) const {
  report_unknown({}, object, ObjectView(root_), errors);
}

void StructuralSchema::apply_defaults(Value& object, spec::Arena& arena) const {
  add_defaults({}, object, ObjectView(root_), arena);
}

void StructuralSchema::check(const Value& object, FieldErrors& errors) const {
  check_value({}, object, ObjectView(root_), errors);
}

const StructuralSchema* schema_of(std::string_view api_version, std::string_view kind) {
  static std::map<std::string, std::unique_ptr<Crd>, std::less<>> read;  // by kind
  auto it = read.find(kind);
  for (const BuiltinManifest& manifest : builtin_crds()) {
    if (it != read.end()) break;
    if (may_be_of(manifest, kind)) it = read.emplace(kind, std::make_unique<Crd>(manifest)).first;
  }
  return it != read.end() && it->second->is_of(api_version, kind) ? &it->second->schema() : nullptr;
}

}  // namespace modelgate::cli
