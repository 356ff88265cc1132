// SPDX-License-Identifier: Apache-2.0
#include "validation/templates.h"

#include <algorithm>
#include <array>

#include "spec/go_template.h"

namespace modelgate::validation {
namespace {

constexpr std::array kFields = std::to_array<spec::TemplateField>(
    {{"Name", false}, {"Namespace", false}, {"Labels", true}, {"Annotations", true}, {"StorageUri", false}});

/// Containers whose templates are resolved.
constexpr std::array<std::string_view, 3> kResolved = {
    spec::kServingContainerName, spec::kTransformerContainerName, spec::kWorkerContainerName};

/// Every string in a container, with its path.
void check_strings(const spec::Value& v, const LazyPath& at, Report& report) {
  if (v.IsString()) {
    // Only the template is shown: the text around it may be a secret.
    if (const auto problem = check_template(spec::text_of(v))) report.add(invalid(at, *problem));
  } else if (v.IsArray()) {
    for (rapidjson::SizeType i = 0; i < v.Size(); ++i) check_strings(v[i], at[i], report);
  } else if (v.IsObject()) {
    for (const auto& m : v.GetObject()) check_strings(m.value, at / spec::text_of(m.name), report);
  }
}

/// Of a container that is merged with the runtime's.
bool is_resolved(const Container& c) {
  if (c.place == Container::Place::kModel) return true;
  const Component* component = c.pod->component;
  if (c.place != Container::Place::kListed || !component || !component->is_predictor()) return false;
  if (c.pod->worker) return c.view.name() == spec::kWorkerContainerName;
  return component->serves_model() && c.view.name() == spec::kTransformerContainerName;
}

}  // namespace

std::optional<std::string> check_template(std::string_view text) {
  if (!text.contains("{{")) return std::nullopt;
  const auto parsed = spec::GoTemplate::parse(text, {.fields = kFields});
  return parsed ? std::nullopt : std::optional(parsed.error());
}

void check_model_templates(const Service& s, Report& report) {
  for (const Container& c : s.workloads().containers) {
    if (is_resolved(c)) check_strings(*c.view.value(), c.at, report);
  }
}

void check_runtime_templates(const RuntimeObject& r, Report& report) {
  for (const Container& c : r.workloads().containers) {
    const bool resolved = std::ranges::find(kResolved, c.view.name()) != kResolved.end();
    if (c.place == Container::Place::kListed && resolved && c.view)
      check_strings(*c.view.value(), c.at, report);
  }
}

}  // namespace modelgate::validation
