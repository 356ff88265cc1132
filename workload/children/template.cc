// SPDX-License-Identifier: Apache-2.0
#include "workload/children/template.h"

#include <fmt/format.h>

#include "spec/text/utf8.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kNoValue = "<no value>";

std::string_view trimmed_left(std::string_view s) {
  const std::size_t first = s.find_first_not_of(kBlank);
  return first == std::string_view::npos ? std::string_view{} : s.substr(first);
}

std::string_view trimmed_right(std::string_view s) {
  const std::size_t last = s.find_last_not_of(kBlank);
  return last == std::string_view::npos ? std::string_view{} : s.substr(0, last + 1);
}

/// The text between the braces, and which sides of the surrounding text are trimmed.
struct Action {
  std::string_view text;
  bool trims_left = false;
  bool trims_right = false;
};

Action read_action(std::string_view inside) {
  Action action{.text = inside};
  if (inside.size() >= 2 && inside.front() == '-' && kBlank.contains(inside[1])) {
    action.trims_left = true;
    action.text.remove_prefix(1);
  }
  if (action.text.size() >= 2 && action.text.back() == '-' &&
      kBlank.contains(action.text[action.text.size() - 2])) {
    action.trims_right = true;
    action.text.remove_suffix(1);
  }
  action.text = trimmed_right(trimmed_left(action.text));
  return action;
}

std::string shown(std::string_view action) {
  constexpr std::size_t kMaxBytes = 64;
  return fmt::format("{{{{{}}}}}", text::truncate(action, kMaxBytes));
}

using Text = std::expected<std::string, std::string>;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "&#34;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '+':
        out += "&#43;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Text of_map(const StringMap& map, std::string_view key, std::string_view action,
            const TemplateValues& values) {
  if (key.empty()) return std::unexpected(fmt::format("{} needs a key", shown(action)));
  const auto it = map.find(key);
  if (it != map.end()) return values.as_html ? escaped(it->second) : it->second;
  if (values.strict) return std::unexpected(fmt::format("{}: the service has no \"{}\"", shown(action), key));
  return std::string(values.as_html ? std::string_view{} : kNoValue);
}

Text value_of_action(std::string_view action, const TemplateValues& values) {
  constexpr std::string_view kLabels = ".Labels";
  constexpr std::string_view kAnnotations = ".Annotations";
  const auto key_after = [&](std::string_view field) -> std::optional<std::string_view> {
    if (!action.starts_with(field)) return std::nullopt;
    const std::string_view rest = action.substr(field.size());
    if (rest.empty()) return rest;
    return rest.front() == '.' ? std::optional(rest.substr(1)) : std::nullopt;
  };
  if (action == ".Name") return std::string(values.name);
  if (action == ".Namespace") return std::string(values.namespace_);
  if (action == ".StorageUri" && values.storage_uri) return std::string(*values.storage_uri);
  if (action == ".IngressDomain" && values.ingress_domain) return std::string(*values.ingress_domain);
  if (const auto key = key_after(kLabels)) return of_map(values.labels, *key, action, values);
  if (const auto key = key_after(kAnnotations)) return of_map(values.annotations, *key, action, values);
  return std::unexpected(fmt::format("{} is not supported", shown(action)));
}

}  // namespace

std::expected<std::string, std::string> resolve_template(std::string_view text,
                                                         const TemplateValues& values) {
  std::string out;
  bool trim_next = false;
  while (true) {
    const std::size_t open = text.find("{{");
    std::string_view literal = text.substr(0, open);
    if (trim_next) literal = trimmed_left(literal);
    if (open == std::string_view::npos) return out.append(literal);
    const std::size_t close = text.find("}}", open + 2);
    if (close == std::string_view::npos) return std::unexpected(R"(has "{{" without "}}")");
    const Action action = read_action(text.substr(open + 2, close - open - 2));
    out.append(action.trims_left ? trimmed_right(literal) : literal);
    const Text value = value_of_action(action.text, values);
    if (!value) return value;
    out.append(*value);
    trim_next = action.trims_right;
    text.remove_prefix(close + 2);
  }
}

std::optional<std::string> resolve_templates(spec::Value& value, const TemplateValues& values,
                                             spec::Arena& arena) {
  if (value.IsString()) {
    const std::string_view text = spec::text_of(value);
    if (!text.contains("{{")) return std::nullopt;
    auto resolved = resolve_template(text, values);
    if (!resolved) return std::move(resolved.error());
    value = spec::make_string(*resolved, arena);
  } else if (value.IsArray()) {
    for (spec::Value& element : value.GetArray()) {
      if (auto problem = resolve_templates(element, values, arena)) return problem;
    }
  } else if (value.IsObject()) {
    for (auto& member : value.GetObject()) {
      if (auto problem = resolve_templates(member.value, values, arena)) return problem;
    }
  }
  return std::nullopt;
}

}  // namespace modelgate::workload
