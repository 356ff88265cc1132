// SPDX-License-Identifier: Apache-2.0
#include "validation/affinity.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "spec/schema_core.h"
#include "validation/metadata_maps.h"

namespace modelgate::validation {
namespace {

namespace schema = spec::schema;
using spec::ObjectView;

using Words = std::string_view;

constexpr std::int64_t kMaxWeight = 100;
constexpr std::int64_t kMaxInt32 = 2147483647;

constexpr auto kNodeOperators = std::to_array<Words>({"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"});
constexpr auto kFieldOperators = std::to_array<Words>({"In", "NotIn"});
constexpr auto kFieldKeys = std::to_array<Words>({"metadata.name"});
constexpr auto kSelectorOperators = std::to_array<Words>({"In", "NotIn", "Exists", "DoesNotExist"});
constexpr auto kActions = std::to_array<Words>({"DoNotSchedule", "ScheduleAnyway"});
constexpr auto kInclusion = std::to_array<Words>({"Honor", "Ignore"});

constexpr std::array kNodeSelector = {row::present("nodeSelectorTerms")};
constexpr std::array kWeight = {row::range("weight", 1, kMaxWeight, kNeeded)};
constexpr std::array kTopologyTerm = {row::form("topologyKey", spec::check_qualified_name, kNeeded),
                                      row::form("namespaces", spec::check_dns1123_label)};
constexpr std::array kSpread = {
    row::range("maxSkew", 1, kMaxInt32, kNeeded),        row::present("topologyKey"),
    row::choice("whenUnsatisfiable", kActions, kNeeded), row::at_least("minDomains", 1),
    row::choice("nodeAffinityPolicy", kInclusion),       row::choice("nodeTaintsPolicy", kInclusion)};

std::size_t value_count(const ObjectView& requirement) {
  const spec::Value* values = requirement.field("values");
  return values && values->IsArray() ? values->Size() : 0;
}

/// The number of values that the operator needs.
void check_values(const ObjectView& requirement, const LazyPath& at, Report& report) {
  const Words op = requirement.string("operator");
  const std::size_t n = value_count(requirement);
  if ((op == "In" || op == "NotIn") && n == 0)
    report.add(required(at / "values", "In and NotIn need at least one value"));
  if ((op == "Exists" || op == "DoesNotExist") && n > 0)
    report.add(forbidden(at / "values", "must not be set for Exists and DoesNotExist"));
  if ((op == "Gt" || op == "Lt") && n != 1)
    report.add(required(at / "values", "Gt and Lt need exactly one value"));
}

void check_key(const ObjectView& requirement, const LazyPath& at, Report& report) {
  const Words key = requirement.string("key");
  if (key.empty()) return report.add(required(at / "key", "must not be empty"));
  if (const auto problem = spec::check_qualified_name(key))
    report.add(invalid(at / "key", key, std::string(*problem)));
}

void check_operator(const ObjectView& requirement, std::span<const Words> known, const LazyPath& at,
                    Report& report) {
  const Words op = requirement.string("operator");
  if (op.empty()) return report.add(required(at / "operator", "must not be empty"));
  if (std::ranges::find(known, op) == known.end()) report.add(not_supported(at / "operator", op, known));
}

void check_label_values(const ObjectView& requirement, const LazyPath& at, Report& report) {
  const spec::Value* values = requirement.field("values");
  if (!values || !values->IsArray()) return;
  const LazyPath list = at / "values";
  for (rapidjson::SizeType i = 0; i < values->Size(); ++i) {
    if (!(*values)[i].IsString()) continue;
    const Words value = spec::text_of((*values)[i]);
    if (const auto problem = spec::check_label_value(value))
      report.add(invalid(list[i], value, std::string(*problem)));
  }
}

void check_expression(const ObjectView& requirement, std::span<const Words> operators, const LazyPath& at,
                      Report& report) {
  check_key(requirement, at, report);
  check_operator(requirement, operators, at, report);
  check_values(requirement, at, report);
}

void check_node_term(const ObjectView& term, const LazyPath& at, Reading, Report& report) {
  const auto expressions = term.list<ObjectView>("matchExpressions");
  const LazyPath expressions_at = at / "matchExpressions";
  for (std::size_t i = 0; i < expressions.size(); ++i)
    check_expression(expressions[i], kNodeOperators, expressions_at[i], report);
  const auto fields = term.list<ObjectView>("matchFields");
  const LazyPath fields_at = at / "matchFields";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const LazyPath field = fields_at[i];
    check_operator(fields[i], kFieldOperators, field, report);
    if (fields[i].string("key") != kFieldKeys[0])
      report.add(not_supported(field / "key", fields[i].string("key"), kFieldKeys));
    if (value_count(fields[i]) != 1) report.add(required(field / "values", "needs exactly one value"));
  }
}

/// The API server checks values in required terms only.
void check_node_selector(const ObjectView& selector, const LazyPath& at, Reading, Report& report) {
  const auto terms = selector.list<ObjectView>("nodeSelectorTerms");
  const LazyPath list = at / "nodeSelectorTerms";
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const auto expressions = terms[i].list<ObjectView>("matchExpressions");
    const LazyPath term = list[i];
    const LazyPath expressions_at = term / "matchExpressions";
    for (std::size_t j = 0; j < expressions.size(); ++j)
      check_label_values(expressions[j], expressions_at[j], report);
  }
}

void check_selector(const ObjectView& selector, const LazyPath& at, Reading, Report& report) {
  check_labels(selector.object<spec::StringMapView>("matchLabels"), at / "matchLabels", report);
  const auto expressions = selector.list<ObjectView>("matchExpressions");
  const LazyPath list = at / "matchExpressions";
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    const LazyPath expression = list[i];
    check_expression(expressions[i], kSelectorOperators, expression, report);
    check_label_values(expressions[i], expression, report);
  }
}

std::vector<Words> texts_of(const spec::Value* list) {
  std::vector<Words> out;
  if (!list || !list->IsArray()) return out;
  for (const spec::Value& v : list->GetArray()) out.push_back(v.IsString() ? spec::text_of(v) : Words{});
  return out;
}

std::set<Words> selected_keys(const ObjectView& selector) {
  std::set<Words> keys;
  selector.object<spec::StringMapView>("matchLabels").for_each([&](Words key, Words) { keys.insert(key); });
  for (const ObjectView& e : selector.list<ObjectView>("matchExpressions")) keys.insert(e.string("key"));
  return keys;
}

/// The API server adds the Pod's labels of these keys to the selector.
void check_label_keys(const ObjectView& term, Words field, const LazyPath& at, Report& report) {
  const std::vector<Words> keys = texts_of(term.field(field));
  if (keys.empty()) return;
  if (!term.has("labelSelector"))
    return report.add(forbidden(at / field, "must not be set without a labelSelector"));
  const std::set<Words> selected = selected_keys(term.object("labelSelector"));
  const LazyPath list = at / field;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (const auto problem = spec::check_qualified_name(keys[i])) {
      report.add(invalid(list[i], keys[i], std::string(*problem)));
    } else if (field == "matchLabelKeys" && selected.contains(keys[i])) {
      report.add(invalid(list[i], keys[i], "must not be in the labelSelector too"));
    }
  }
}

void check_pod_term(const ObjectView& term, const LazyPath& at, Reading, Report& report) {
  check_label_keys(term, "matchLabelKeys", at, report);
  check_label_keys(term, "mismatchLabelKeys", at, report);
  const std::vector<Words> other = texts_of(term.field("mismatchLabelKeys"));
  const std::set<Words> mismatched(other.begin(), other.end());
  const std::vector<Words> keys = texts_of(term.field("matchLabelKeys"));
  const LazyPath list = at / "matchLabelKeys";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (mismatched.contains(keys[i]))
      report.add(invalid(list[i], keys[i], "must not be in mismatchLabelKeys too"));
  }
}

void check_spread(const ObjectView& constraint, const LazyPath& at, Reading, Report& report) {
  check_label_keys(constraint, "matchLabelKeys", at, report);
  if (constraint.has("minDomains") && constraint.string("whenUnsatisfiable") == "ScheduleAnyway")
    report.add(forbidden(at / "minDomains", "needs whenUnsatisfiable: DoNotSchedule"));
}

constexpr TypeRules kRules[] = {
    {.type = &schema::kNodeSelector, .fields = kNodeSelector, .check = check_node_selector},
    {.type = &schema::kNodeSelectorTerm, .check = check_node_term},
    {.type = &schema::kPreferredSchedulingTerm, .fields = kWeight},
    {.type = &schema::kWeightedPodAffinityTerm, .fields = kWeight},
    {.type = &schema::kPodAffinityTerm, .fields = kTopologyTerm, .check = check_pod_term},
    {.type = &schema::kLabelSelector, .check = check_selector},
    {.type = &schema::kTopologySpreadConstraint, .fields = kSpread, .check = check_spread},
};

}  // namespace

std::span<const TypeRules> affinity_rules() {
  return kRules;
}

}  // namespace modelgate::validation
