// SPDX-License-Identifier: Apache-2.0
#include "workload/children/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "spec/field.h"

namespace modelgate::workload {
namespace {

using spec::TemplateValue;

class Resolver {
 public:
  Resolver(const TemplateValues& values, std::size_t& budget)
      : options_{.strict = values.strict, .as_html = values.as_html}, budget_(budget) {
    data_.reserve(kFields);
    add("Name", TemplateValue::of(values.name));
    add("Namespace", TemplateValue::of(values.namespace_));
    add("Labels", TemplateValue::of(values.labels));
    add("Annotations", TemplateValue::of(values.annotations));
    if (values.storage_uri) add("StorageUri", TemplateValue::of(*values.storage_uri));
    if (values.ingress_domain) add("IngressDomain", TemplateValue::of(*values.ingress_domain));
  }

  std::expected<std::string, std::string> text(std::string_view text) const {
    if (auto plain = with_texts(text)) return std::move(*plain);
    std::vector<spec::TemplateField> fields;
    fields.reserve(data_.size());
    for (const auto& [name, value] : data_) fields.push_back({name, value.kind == TemplateValue::Kind::kMap});
    const auto parsed = spec::GoTemplate::parse(text, {.fields = fields, .in_json = options_.as_html});
    if (!parsed) return std::unexpected(parsed.error());
    return parsed->expand(data_, options_, budget_);
  }

  std::optional<std::string> all(spec::Value& value, const spec::FieldPath& at, spec::Arena& arena) const {
    if (value.IsString()) return one(value, at, arena);
    if (value.IsArray()) {
      for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
        if (auto problem = all(value[i], at[i], arena)) return problem;
      }
    } else if (value.IsObject()) {
      for (auto& member : value.GetObject()) {
        if (auto problem = all(member.value, at / spec::text_of(member.name), arena)) return problem;
      }
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kFields = 6;

  void add(std::string_view name, const TemplateValue& value) { data_.emplace_back(name, value); }

  /// The text of the field in "{{.Name}}", or nothing for any other action.
  std::optional<std::string_view> text_of_field(std::string_view action) const {
    while (action.starts_with(' ')) action.remove_prefix(1);
    while (action.ends_with(' ')) action.remove_suffix(1);
    if (!action.starts_with('.')) return std::nullopt;
    const auto field = std::ranges::find(data_, action.substr(1), &spec::TemplateData::value_type::first);
    if (field == data_.end() || field->second.kind != TemplateValue::Kind::kText) return std::nullopt;
    return field->second.text;
  }

  /// Nearly every template has only fields with texts: it is expanded without a tree. Nothing for another one.
  std::optional<std::string> with_texts(std::string_view text) const {
    if (options_.as_html || text.size() > spec::kMaxTemplateTokens) return std::nullopt;
    std::string out;
    std::size_t spent = 0;
    while (true) {
      const std::size_t open = text.find("{{");
      out += text.substr(0, open);
      if (open == std::string_view::npos) break;
      const std::size_t close = text.find("}}", open);
      if (close == std::string_view::npos) return std::nullopt;
      const auto value = text_of_field(text.substr(open + 2, close - open - 2));
      if (!value || value->size() > budget_ - spent) return std::nullopt;
      out += *value;
      spent += value->size();
      text.remove_prefix(close + 2);
    }
    budget_ -= spent;
    return out;
  }

  std::optional<std::string> one(spec::Value& value, const spec::FieldPath& at, spec::Arena& arena) const {
    const std::string_view before = spec::text_of(value);
    if (!before.contains("{{")) return std::nullopt;
    const auto resolved = text(before);
    if (!resolved) return fmt::format("{}: {}", at.to_string(), resolved.error());
    value = spec::make_string(*resolved, arena);
    return std::nullopt;
  }

  spec::ExpandOptions options_;
  std::size_t& budget_;
  spec::TemplateData data_;
};

}  // namespace

std::expected<std::string, std::string> resolve_template(std::string_view text, const TemplateValues& values,
                                                         std::size_t& budget) {
  return Resolver(values, budget).text(text);
}

std::optional<std::string> resolve_templates(spec::Value& value, const TemplateValues& values,
                                             std::size_t& budget, spec::Arena& arena) {
  return Resolver(values, budget).all(value, {}, arena);
}

std::optional<std::string> resolve_container(ServiceBuild& build, const spec::PredictorView& predictor,
                                             spec::Value& container) {
  const TemplateValues values{.name = build.name,
                              .namespace_ = build.namespace_,
                              .labels = build.labels,
                              .annotations = build.annotations,
                              .storage_uri = predictor.model().storage_uri().value_or(""),
                              .strict = build.strict(),
                              .as_html = !build.strict()};
  return resolve_templates(container, values, build.template_bytes_left, build.arena);
}

}  // namespace modelgate::workload
