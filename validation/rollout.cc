// SPDX-License-Identifier: Apache-2.0
#include "validation/rollout.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "spec/quantity.h"
#include "spec/schema_core.h"
#include "spec/text/ascii.h"
#include "validation/field_rules.h"

namespace modelgate::validation {
namespace {

namespace schema = spec::schema;
using spec::ObjectView;

using Words = std::string_view;

constexpr std::int64_t kMaxWindow = 3600;
constexpr std::int64_t kMaxPeriod = 1800;
constexpr std::int64_t kMaxInt32 = 2147483647;
constexpr std::int64_t kWhole = 100;
/// What the API server writes for a missing `maxSurge` or `maxUnavailable`, in percent.
constexpr std::int64_t kDefaultShare = 25;

constexpr auto kStrategies = std::to_array<Words>({"RollingUpdate", "Recreate"});
constexpr auto kSelectPolicies = std::to_array<Words>({"Max", "Min", "Disabled"});
constexpr auto kPolicyTypes = std::to_array<Words>({"Pods", "Percent"});

constexpr std::array kStrategy = {row::choice("type", kStrategies)};
constexpr std::array kScaling = {row::range("stabilizationWindowSeconds", 0, kMaxWindow),
                                 row::choice("selectPolicy", kSelectPolicies)};
constexpr std::array kPolicy = {row::choice("type", kPolicyTypes, kNeeded),
                                row::range("value", 1, kMaxInt32, kNeeded),
                                row::range("periodSeconds", 1, kMaxPeriod, kNeeded)};

struct Share {
  std::int64_t number = 0;
  bool percent = false;
};

/// A number, or a percentage in a string.
std::optional<Share> share_of(const spec::Value& v) {
  if (v.IsInt64()) return Share{.number = v.GetInt64()};
  if (!v.IsString()) return std::nullopt;
  Words text = spec::text_of(v);
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  Share share{.percent = true};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share.number);
  const bool digits = !text.empty() && std::ranges::all_of(text, text::is_digit);
  return digits && error == std::errc{} && end == text.data() + text.size() ? std::optional(share)
                                                                            : std::nullopt;
}

Share check_share(const ObjectView& update, Words field, const LazyPath& at, Report& report) {
  const spec::Value* v = update.field(field);
  if (!v) return {.number = kDefaultShare, .percent = true};
  const auto share = share_of(*v);
  if (!share) {
    report.add(invalid(at / field, *v, "must be a number, or a percentage such as \"25%\""));
    return {.number = kDefaultShare, .percent = true};
  }
  if (share->number < 0) report.add(invalid(at / field, *v, "must be at least 0"));
  if (field == "maxUnavailable" && share->percent && share->number > kWhole)
    report.add(invalid(at / field, *v, "must be at most 100%"));
  return *share;
}

void check_rolling_update(const ObjectView& strategy, const LazyPath& at, Reading, Report& report) {
  const ObjectView update = strategy.object("rollingUpdate");
  if (!update) return;
  const LazyPath update_at = at / "rollingUpdate";
  if (strategy.string("type") == "Recreate")
    return report.add(forbidden(update_at, "must not be set for the type Recreate"));
  const Share unavailable = check_share(update, "maxUnavailable", update_at, report);
  const Share surge = check_share(update, "maxSurge", update_at, report);
  if (unavailable.number == 0 && surge.number == 0)
    report.add(invalid(update_at / "maxUnavailable", *update.field("maxUnavailable"),
                       "must be greater than 0, because maxSurge is 0: no Pod could be replaced"));
}

void check_scaling_rules(const ObjectView& rules, const LazyPath& at, Reading, Report& report) {
  const spec::Value* policies = rules.field("policies");
  if (policies && policies->IsArray() && policies->Empty())
    report.add(required(at / "policies", "needs at least one policy; omit it for the default"));
  const spec::Value* tolerance = rules.field("tolerance");
  if (!tolerance) return;
  const auto quantity = spec::Quantity::parse(*tolerance);
  if (!quantity) {
    report.add(invalid(at / "tolerance", *tolerance, quantity.error()));
  } else if (quantity->sign() < 0) {
    report.add(invalid(at / "tolerance", *tolerance, "must not be negative"));
  }
}

constexpr TypeRules kRules[] = {
    {.type = &schema::kDeploymentStrategy, .fields = kStrategy, .check = check_rolling_update},
    {.type = &schema::kHPAScalingRules, .fields = kScaling, .check = check_scaling_rules},
    {.type = &schema::kHPAScalingPolicy, .fields = kPolicy},
};

void check(const ObjectView& object, const schema::Type& type, const LazyPath& at, Report& report) {
  static const FieldTable table({kRules});
  if (object) check_fields({.value = *object.value(), .type = type, .at = at}, table, report);
}

}  // namespace

void check_deployment_strategy(const Service& s, Report& report) {
  if (!s.standard()) return;
  for (const Component& c : s.components())
    check(c.view.deployment_strategy(), schema::kDeploymentStrategy, c.at / "deploymentStrategy", report);
}

void check_scaling_behavior(const Service& s, Report& report) {
  if (!s.standard()) return;
  for (const Component& c : s.components()) {
    const LazyPath scaling = c.at / "autoScaling";
    check(c.view.auto_scaling().behavior(), schema::kHorizontalPodAutoscalerBehavior, scaling / "behavior",
          report);
  }
}

}  // namespace modelgate::validation
