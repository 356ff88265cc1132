// SPDX-License-Identifier: Apache-2.0
#include "admission/written_field.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "spec/inference_service.h"
#include "spec/schema.h"
#include "spec/schema_core.h"

namespace modelgate::admission {
namespace {

using spec::FieldPath;
using spec::ObjectView;
using spec::Value;
using spec::schema::Kind;
using spec::schema::Type;
using Segments = std::span<const FieldPath::Segment>;

constexpr std::string_view kWorkerSpec = "workerSpec";

/// A value of the service, the value that it became, and the type of both.
struct Place {
  const Value* own = nullptr;
  const Value* built = nullptr;
  const Type* type = nullptr;
  FieldPath path;
};

bool has_same_keys(const Value& a, const Value& b, const Type& list) {
  if (list.keys[0].empty()) return spec::equal(a, b);
  return std::ranges::all_of(list.keys, [&](std::string_view key) {
    if (key.empty()) return true;
    const Value* x = spec::find(a, key);
    const Value* y = spec::find(b, key);
    // `protocol` of a port may be left out.
    return (x && y) ? spec::equal(*x, *y) : (x == y || key == "protocol");
  });
}

/// The element of the service's list that became `built`.
std::optional<rapidjson::SizeType> find_element(const Value& own, const Value& built, const Type& list) {
  for (rapidjson::SizeType i = 0; i < own.Size(); ++i) {
    if (has_same_keys(own[i], built, list)) return i;
  }
  return std::nullopt;
}

/// One step down. False where the service has no such member or element.
bool descend(Place& place, const FieldPath::Segment& segment) {
  if (segment.index >= 0) {
    const auto index = static_cast<rapidjson::SizeType>(segment.index);
    if (!place.own->IsArray() || !place.built->IsArray() || index >= place.built->Size()) return false;
    const Value& element = (*place.built)[index];
    const auto found = find_element(*place.own, element, *place.type);
    if (!found) return false;
    place = {&(*place.own)[*found], &element, place.type->element, place.path[*found]};
    return true;
  }
  const Value* own = spec::find(*place.own, segment.name);
  const Value* built = spec::find(*place.built, segment.name);
  if (!own || !built) return false;
  const spec::schema::Field* field = place.type && place.type->kind == Kind::kObject
                                         ? spec::schema::find_field(*place.type, segment.name)
                                         : nullptr;
  place = {own, built, field ? field->type : nullptr,
           segment.key ? place.path.key(segment.name) : place.path / segment.name};
  return true;
}

std::string text_of(Segments rest) {
  FieldPath path;
  for (const FieldPath::Segment& s : rest) {
    if (s.index >= 0) {
      path = path[static_cast<std::size_t>(s.index)];
    } else {
      path = s.key ? path.key(s.name) : path / s.name;
    }
  }
  return path.to_string();
}

/// Follows `segments` from `place` as far as the service has them.
WrittenField follow(Place place, Segments segments, const spec::FieldError& error) {
  std::size_t n = 0;
  while (n < segments.size() && descend(place, segments[n])) ++n;
  const Segments rest = segments.subspan(n);
  if (rest.empty()) return {.path = place.path, .rest = {}, .written = true};
  const bool missing_member =
      rest.size() == 1 && rest[0].index < 0 && error.type == spec::ErrorType::kRequired;
  if (missing_member)
    return {.path = rest[0].key ? place.path.key(rest[0].name) : place.path / rest[0].name,
            .rest = {},
            .written = true};
  // An element that only the runtime has, or a member of the Pod or container itself, is not the service's.
  const bool within = n > 0 && place.own->IsObject();
  return {.path = place.path, .rest = text_of(rest), .written = within};
}

/// The value of the component that became the container, or nothing if only the runtime has it.
std::optional<Place> find_container(const BuiltField& built, const Value& component, const FieldPath& path,
                                    const Value& container) {
  const std::string_view name = spec::ContainerView(container).name();
  const auto place = [&](const Value* own, FieldPath at) {
    return Place{own, &container, &spec::schema::kContainer, std::move(at)};
  };
  const auto containers = spec::PodSpecView(component).containers();
  const bool worker = built.component.segments().back().name == kWorkerSpec;
  if (worker && !containers.empty()) return place(containers[0].value(), (path / "containers")[0]);
  if (name == spec::kServingContainerName) {
    const spec::PredictorView predictor(component);
    const spec::Framework* framework = predictor.model() ? nullptr : spec::first_framework(predictor);
    const std::string_view field = framework ? framework->name : "model";
    if (const Value* model = spec::find(component, field); model && model->IsObject())
      return place(model, path / field);
  }
  for (std::size_t i = 0; i < containers.size(); ++i) {
    if (containers[i].name() == name) return place(containers[i].value(), (path / "containers")[i]);
  }
  return std::nullopt;
}

WrittenField find_in_component(const BuiltField& built, const FieldPath& path, Segments segments) {
  const Value* component = path.find_in(built.service);
  if (!component || !component->IsObject()) return {.path = path, .rest = text_of(segments)};
  const Place pod{component, built.pod.value(), &spec::schema::kPodSpec, path};
  const bool in_container = segments.size() > 1 && segments[0].name == "containers" && segments[1].index >= 0;
  if (!in_container) return follow(pod, segments, built.error);
  const Value* container =
      ((FieldPath{} / "containers")[static_cast<std::size_t>(segments[1].index)]).find_in(*built.pod.value());
  auto place = container ? find_container(built, *component, path, *container) : std::nullopt;
  if (!place) return {.path = path, .rest = text_of(segments)};
  WrittenField field = follow(std::move(*place), segments.subspan(2), built.error);
  if (!field.written) field.rest = text_of(segments);
  return field;
}

/// An annotation of the component, else of the service. The size of all is the service's concern too.
WrittenField find_annotation(const BuiltField& built, Segments segments) {
  const FieldPath own = built.component / "annotations";
  const FieldPath all = FieldPath{} / "metadata" / "annotations";
  if (segments.empty()) return {.path = own.find_in(built.service) ? own : all, .rest = {}, .written = true};
  for (const FieldPath& place : {own, all}) {
    const FieldPath path = place.key(segments[0].name);
    if (path.find_in(built.service)) return {.path = path, .rest = {}, .written = true};
  }
  return {.path = built.component, .rest = text_of(segments)};
}

}  // namespace

WrittenField find_written_field(const BuiltField& built) {
  const Segments segments = built.error.path.segments();
  if (segments.front().name == "annotations") return find_annotation(built, segments.subspan(1));
  WrittenField field = find_in_component(built, built.component, segments.subspan(1));
  const bool canary = built.component.segments().size() > 1 && built.component.segments()[1].name == "canary";
  if (field.written || !canary) return field;
  // A canary inherits what it does not set.
  const WrittenField inherited =
      find_in_component(built, FieldPath{} / "spec" / "predictor", segments.subspan(1));
  return inherited.written ? inherited : field;
}

}  // namespace modelgate::admission
