// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/object_meta.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "spec/schema.h"
#include "spec/schema_core.h"
#include "spec/text/ascii.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::FieldErrors;
using spec::FieldPath;
using spec::NameProblem;
using spec::ObjectView;
using spec::Value;

const FieldPath& metadata_path() {
  static const FieldPath kPath = FieldPath{} / "metadata";
  return kPath;
}

void check_text(const FieldPath& path, std::string_view text, NameProblem (*form)(std::string_view),
                FieldErrors& errors) {
  if (const NameProblem problem = form(text)) errors.add(spec::invalid(path, text, std::string(*problem)));
}

/// As the API server tests a prefix: its last character may be a hyphen.
std::string without_final_hyphen(std::string_view prefix) {
  std::string out(prefix);
  if (out.size() > 1 && out.ends_with('-')) out.replace(out.size() - 2, 2, "a");
  return out;
}

void check_name(const ObjectView& metadata, const MetaRules& rules, FieldErrors& errors) {
  const std::string_view name = metadata.string("name");
  const std::string_view prefix = metadata.string("generateName");
  if (!prefix.empty()) {
    if (const NameProblem problem = rules.name(without_final_hyphen(prefix)))
      errors.add(spec::invalid(metadata_path() / "generateName", prefix, std::string(*problem)));
  }
  if (!name.empty()) return check_text(metadata_path() / "name", name, rules.name, errors);
  if (prefix.empty())
    errors.add(spec::required(metadata_path() / "name", "name or generateName is required"));
}

void check_namespace(const ObjectView& metadata, const MetaRules& rules, FieldErrors& errors) {
  const std::string_view ns = metadata.string("namespace");
  if (!rules.namespaced || ns.empty()) return;
  check_text(metadata_path() / "namespace", ns, spec::check_dns1123_label, errors);
}

void check_labels(const ObjectView& metadata, FieldErrors& errors) {
  const FieldPath path = metadata_path() / "labels";
  metadata.object<spec::StringMapView>("labels").for_each([&](std::string_view key, std::string_view value) {
    check_text(path.key(key), key, spec::check_qualified_name, errors);
    check_text(path.key(key), value, spec::check_label_value, errors);
  });
}

void check_annotations(const ObjectView& metadata, FieldErrors& errors) {
  const FieldPath path = metadata_path() / "annotations";
  const Value* annotations = metadata.field("annotations");
  if (!annotations || !annotations->IsObject()) return;
  for (const auto& m : annotations->GetObject()) {
    const std::string_view key = spec::text_of(m.name);
    check_text(path.key(key), key, spec::check_annotation_key, errors);
  }
  if (spec::map_bytes(*annotations) > spec::kMaxAnnotationsBytes)
    errors.add(spec::too_long(path, "", spec::kMaxAnnotationsBytes));
}

constexpr std::array<std::string_view, 2> kDeletionFinalizers = {"orphan", "foregroundDeletion"};

void check_finalizers(const ObjectView& metadata, FieldErrors& errors) {
  const Value* finalizers = metadata.field("finalizers");
  if (!finalizers || !finalizers->IsArray()) return;
  const FieldPath path = metadata_path() / "finalizers";
  std::size_t i = 0;
  std::size_t of_deletion = 0;
  for (const Value& finalizer : finalizers->GetArray()) {
    const std::string_view text = finalizer.IsString() ? spec::text_of(finalizer) : std::string_view();
    if (finalizer.IsString()) check_text(path[i], text, spec::check_qualified_name, errors);
    of_deletion += std::ranges::find(kDeletionFinalizers, text) != kDeletionFinalizers.end() ? 1 : 0;
    ++i;
  }
  if (of_deletion > 1) errors.add(spec::invalid(path, "orphan and foregroundDeletion exclude each other"));
}

void check_owner_version(const FieldPath& path, const ObjectView& owner, FieldErrors& errors) {
  const std::string_view version = owner.string("apiVersion");
  if (version.ends_with('/') || std::ranges::count(version, '/') > 1)
    errors.add(spec::invalid(path / "apiVersion", version, "must be group/version, or v1"));
  if (version == "v1" && owner.string("kind") == "Event")
    errors.add(spec::invalid(path, "an Event cannot be an owner"));
}

void check_owners(const ObjectView& metadata, FieldErrors& errors) {
  const FieldPath path = metadata_path() / "ownerReferences";
  std::size_t i = 0;
  bool controlled = false;
  for (const ObjectView owner : metadata.list("ownerReferences")) {
    for (const char* field : {"apiVersion", "kind", "name", "uid"}) {
      if (owner && owner.string(field).empty()) errors.add(spec::required(path[i] / field, "must be set"));
    }
    check_owner_version(path[i], owner, errors);
    const bool controls = owner.boolean("controller").value_or(false);
    if (controls && std::exchange(controlled, true))
      errors.add(spec::invalid(path[i] / "controller", "only one owner may be the controller"));
    ++i;
  }
}

/// The digits of a field of a time.
struct TimePart {
  std::size_t at;
  int least, most;
};

constexpr std::string_view kTimeForm = "0000-00-00T00:00:00";
constexpr std::array<TimePart, 5> kTimeParts = {
    {{5, 1, 12}, {8, 1, 31}, {11, 0, 23}, {14, 0, 59}, {17, 0, 59}}};

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool is_day(std::string_view text) {
  const int year = two_digits(text, 0) * 100 + two_digits(text, 2);
  return std::chrono::year_month_day(std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(two_digits(text, 5))),
                                     std::chrono::day(static_cast<unsigned>(two_digits(text, 8))))
      .ok();
}

/// "Z" or "+01:00", after a fraction of a second.
bool ends_time(std::string_view rest) {
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1) return false;
    rest.remove_prefix(end);
  }
  if (rest == "Z") return true;
  return rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && text::is_digit(rest[1]) &&
         text::is_digit(rest[2]) && rest[3] == ':' && text::is_digit(rest[4]) && text::is_digit(rest[5]);
}

/// RFC 3339: "2026-11-29T16:23:11Z".
bool is_time(std::string_view text) {
  if (text.size() <= kTimeForm.size()) return false;
  for (std::size_t i = 0; i < kTimeForm.size(); ++i) {
    if (kTimeForm[i] == '0' ? !text::is_digit(text[i]) : text[i] != kTimeForm[i]) return false;
  }
  const bool in_range = std::ranges::all_of(kTimeParts, [&](const TimePart& part) {
    const int number = two_digits(text, part.at);
    return number >= part.least && number <= part.most;
  });
  return in_range && is_day(text) && ends_time(text.substr(kTimeForm.size()));
}

void check_times(const ObjectView& metadata, FieldErrors& errors) {
  for (const char* field : {"creationTimestamp", "deletionTimestamp"}) {
    const auto text = metadata.optional_string(field);
    if (text && !is_time(*text)) {
      errors.add(
          spec::invalid(metadata_path() / field, *text, "must be a time such as \"2026-01-31T12:00:00Z\""));
    }
  }
}

/// The errors of `metadata` alone, at their paths in the object.
void check_types(const Value& object, FieldErrors& errors) {
  static constexpr auto kFields =
      spec::schema::sorted(std::array{spec::schema::Field{"metadata", &spec::schema::kObjectMeta}});
  static constexpr spec::schema::Type kAnyObject = spec::schema::object("Object", kFields);
  FieldErrors unknown;
  spec::schema::check_structure(object, kAnyObject, {}, errors, &unknown);
  for (spec::FieldError& e : unknown.list()) {
    if (e.path.segments().size() > 1) errors.add(std::move(e));
  }
}

}  // namespace

void check_object_meta(const Value& object, const MetaRules& rules, FieldErrors& errors) {
  check_types(object, errors);
  const ObjectView metadata = ObjectView(object).object("metadata");
  check_name(metadata, rules, errors);
  check_namespace(metadata, rules, errors);
  check_labels(metadata, errors);
  check_annotations(metadata, errors);
  check_finalizers(metadata, errors);
  check_owners(metadata, errors);
  check_times(metadata, errors);
}

}  // namespace modelgate::cli
