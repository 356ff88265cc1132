// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/api_server.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "cli/offline/structural_schema.h"
#include "spec/names.h"
#include "spec/schema.h"
#include "spec/schema_core.h"
#include "spec/text/base64.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::FieldErrors;
using spec::FieldPath;
using spec::Value;

using spec::schema::Field;
using spec::schema::kAny;
using spec::schema::kBoolean;
using spec::schema::kString;
using spec::schema::Type;

// The fields of the objects that reviews depend on. `data` is checked below, with better messages.
constexpr auto kReferenceFields = spec::schema::sorted(
    std::array{Field{"apiVersion", &kString}, Field{"fieldPath", &kString}, Field{"kind", &kString},
               Field{"name", &kString}, Field{"namespace", &kString}, Field{"resourceVersion", &kString},
               Field{"uid", &kString}});
constexpr Type kReference = spec::schema::object("ObjectReference", kReferenceFields);
constexpr Type kReferences = spec::schema::list(kReference);
constexpr auto kSecretFields = spec::schema::sorted(std::array{
    Field{"apiVersion", &kString}, Field{"data", &kAny}, Field{"immutable", &kBoolean},
    Field{"kind", &kString}, Field{"metadata", &kAny}, Field{"stringData", &kAny}, Field{"type", &kString}});
constexpr Type kSecret = spec::schema::object("Secret", kSecretFields);
constexpr auto kConfigMapFields = spec::schema::sorted(
    std::array{Field{"apiVersion", &kString}, Field{"binaryData", &kAny}, Field{"data", &kAny},
               Field{"immutable", &kBoolean}, Field{"kind", &kString}, Field{"metadata", &kAny}});
constexpr Type kConfigMap = spec::schema::object("ConfigMap", kConfigMapFields);
constexpr auto kServiceAccountFields = spec::schema::sorted(
    std::array{Field{"apiVersion", &kString}, Field{"automountServiceAccountToken", &kBoolean},
               Field{"imagePullSecrets", &kReferences}, Field{"kind", &kString}, Field{"metadata", &kAny},
               Field{"secrets", &kReferences}});
constexpr Type kServiceAccount = spec::schema::object("ServiceAccount", kServiceAccountFields);

/// A built-in type, which the API server decodes. The webhook reports the wrong types of a Pod.
struct CoreType {
  std::string_view kind;
  const Type* type;
  bool types = true;  // report wrong types too
};

const std::array<CoreType, 4> kCoreTypes = {{
    {"Pod", &spec::schema::kPod, false},
    {"Secret", &kSecret},
    {"ConfigMap", &kConfigMap},
    {"ServiceAccount", &kServiceAccount},
}};

void check_core_type(const Value& object, std::string_view kind, FieldErrors& errors) {
  const auto* core = std::ranges::find(kCoreTypes, kind, &CoreType::kind);
  if (core == kCoreTypes.end()) return;
  FieldErrors types;
  FieldErrors unknown;
  spec::schema::check_structure(object, *core->type, {}, types, &unknown);
  const auto add = [&](FieldErrors& found) {
    for (spec::FieldError& e : found.list()) {
      const auto segments = e.path.segments();
      const bool of_metadata = !segments.empty() && segments.front().name == "metadata";
      if (!of_metadata) errors.add(std::move(e));
    }
  };
  if (core->types) add(types);
  add(unknown);
}

/// The data of a Secret or a ConfigMap: texts, in `data` of a Secret and in `binaryData` in base64.
struct Data {
  std::string_view kind;
  std::string_view field;
  bool base64;
};

constexpr std::array<Data, 4> kData = {{
    {"Secret", "data", true},
    {"Secret", "stringData", false},
    {"ConfigMap", "data", false},
    {"ConfigMap", "binaryData", true},
}};

void check_entry(const FieldPath& path, std::string_view key, const Value& value, bool base64,
                 FieldErrors& errors) {
  if (const auto problem = spec::check_config_key(key))
    errors.add(spec::invalid(path, key, std::string(*problem)));
  if (value.IsNull()) return;
  if (!value.IsString()) {
    errors.add(spec::type_invalid(path, "must be a string; write it in quotes"));
  } else if (base64 && !text::decode_base64(spec::text_of(value))) {
    errors.add(spec::invalid(path, "must be base64"));
  }
}

void check_data(const Value& object, std::string_view kind, FieldErrors& errors) {
  for (const Data& data : kData) {
    const Value* entries = data.kind == kind ? spec::find(object, data.field) : nullptr;
    if (!entries) continue;
    const FieldPath path = FieldPath{} / data.field;
    if (!entries->IsObject()) {
      errors.add(spec::type_invalid(path, "must be an object"));
      continue;
    }
    for (const auto& m : entries->GetObject())
      check_entry(path.key(spec::text_of(m.name)), spec::text_of(m.name), m.value, data.base64, errors);
  }
}

}  // namespace

void check_request(Value& object, const KnownKind& kind, spec::Arena& arena, FieldErrors& errors) {
  errors.begin_rule("object-meta", false);
  check_object_meta(object, kind.meta, errors);
  check_data(object, kind.kind, errors);
  errors.begin_rule("unknown-field", false);
  if (kind.api_version == "v1") check_core_type(object, kind.kind, errors);
  const StructuralSchema* schema = schema_of(kind.api_version, kind.kind);
  if (!schema) return;
  schema->report_unknown_fields(object, errors);
  schema->apply_defaults(object, arena);
}

void check_stored(const Value& object, const KnownKind& kind, FieldErrors& errors) {
  errors.begin_rule("crd", false);
  if (const StructuralSchema* schema = schema_of(kind.api_version, kind.kind)) schema->check(object, errors);
}

}  // namespace modelgate::cli
