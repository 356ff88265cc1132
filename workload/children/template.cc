// SPDX-License-Identifier: Apache-2.0
#include "workload/children/template.h"

#include <fmt/format.h>

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
    add("Name", TemplateValue::of(values.name));
    add("Namespace", TemplateValue::of(values.namespace_));
    add("Labels", TemplateValue::of(values.labels));
    add("Annotations", TemplateValue::of(values.annotations));
    if (values.storage_uri) add("StorageUri", TemplateValue::of(*values.storage_uri));
    if (values.ingress_domain) add("IngressDomain", TemplateValue::of(*values.ingress_domain));
  }

  std::expected<std::string, std::string> text(std::string_view text) const {
    const auto parsed = spec::GoTemplate::parse(text, {.fields = fields_, .in_json = options_.as_html});
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
  void add(std::string_view name, const TemplateValue& value) {
    data_.emplace_back(name, value);
    fields_.push_back({name, value.kind == TemplateValue::Kind::kMap});
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
  std::vector<spec::TemplateField> fields_;
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
