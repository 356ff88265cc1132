// SPDX-License-Identifier: Apache-2.0
#include "validation/templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "spec/spelling.h"
#include "spec/text/ascii.h"
#include "spec/text/utf8.h"

namespace modelgate::validation {
namespace {

constexpr std::array<std::string_view, 5> kFields = {"Name", "Namespace", "Labels", "Annotations",
                                                     "StorageUri"};
constexpr std::string_view kForms =
    "{{.Name}}, {{.Namespace}}, {{.Labels.key}}, {{.Annotations.key}} and {{.StorageUri}}";

/// Containers whose templates are resolved.
constexpr std::array<std::string_view, 3> kResolved = {
    spec::kServingContainerName, spec::kTransformerContainerName, spec::kWorkerContainerName};

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = s.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kBlank) - first + 1);
}

/// `{{- x -}}` trims the text around it; a blank separates the marker.
std::string_view without_trim_markers(std::string_view action) {
  if (action.starts_with("- ")) action.remove_prefix(2);
  if (action.ends_with(" -")) action.remove_suffix(2);
  return trimmed(action);
}

bool is_identifier(std::string_view s) {
  const auto letter = [](char c) { return text::is_letter(c) || c == '_'; };
  const auto fits = [&](char c) { return letter(c) || text::is_digit(c); };
  return !s.empty() && letter(s.front()) && std::ranges::all_of(s, fits);
}

/// An action with its braces, cut for a message.
std::string shown(std::string_view action) {
  constexpr std::size_t kMost = 64;
  return fmt::format("{{{{{}}}}}", text::truncate(action, kMost));
}

std::optional<std::string> check_action(std::string_view action) {
  const std::string_view text = without_trim_markers(action);
  if (!text.starts_with('.')) return fmt::format("{} is not supported; allowed are {}", shown(text), kForms);
  const std::size_t dot = text.find('.', 1);
  const std::string_view field = text.substr(1, dot == std::string_view::npos ? dot : dot - 1);
  if (std::ranges::find(kFields, field) == kFields.end()) {
    const auto near = spec::nearest(field, kFields);
    return fmt::format("{} is not a field; allowed are {}{}", shown(text), kForms,
                       near ? fmt::format(" (did you mean .{}?)", *near) : std::string{});
  }
  const bool map = field == "Labels" || field == "Annotations";
  if (!map && dot != std::string_view::npos) return fmt::format("{}: .{} has no fields", shown(text), field);
  if (!map) return std::nullopt;
  if (dot == std::string_view::npos)
    return fmt::format("{} needs a key, such as .{}.team", shown(text), field);
  if (!is_identifier(text.substr(dot + 1)))
    return fmt::format("{}: the key must consist of letters, digits and '_'", shown(text));
  return std::nullopt;
}

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

}  // namespace

std::optional<std::string> check_template(std::string_view text) {
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{", open)) {
    const std::size_t close = text.find("}}", open + 2);
    if (close == std::string_view::npos) return R"(has "{{" without "}}")";
    if (auto problem = check_action(text.substr(open + 2, close - open - 2))) return problem;
    open = close + 2;
  }
  return std::nullopt;
}

void check_model_templates(const Service& s, Report& report) {
  for (const Container& c : s.workloads().containers) {
    if (c.place == Container::Place::kModel) check_strings(*c.view.value(), c.at, report);
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
