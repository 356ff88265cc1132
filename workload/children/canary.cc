// SPDX-License-Identifier: Apache-2.0
#include "workload/children/canary.h"

#include <algorithm>
#include <limits>

namespace modelgate::workload {
namespace {

using spec::Value;

bool is_unset(const Value& v) {
  return v.IsNull() || (v.IsString() && v.GetStringLength() == 0) || (v.IsArray() && v.Empty());
}

/// Merges objects member by member; any other value replaces the present one.
void merge_over(Value& base, const Value& over, spec::Arena& arena) {
  for (const auto& m : over.GetObject()) {
    if (is_unset(m.value)) continue;
    const std::string_view name = spec::text_of(m.name);
    Value* present = spec::find(base, name);
    if (present && present->IsObject() && m.value.IsObject()) {
      merge_over(*present, m.value, arena);
    } else if (present) {
      *present = spec::clone(m.value, arena);
    } else {
      base.AddMember(spec::make_string(name, arena), spec::clone(m.value, arena), arena);
    }
  }
}

/// Settings of autoscaler and workers.
constexpr std::string_view kNotInherited[] = {"maxReplicas", "scaleTarget", "scaleMetric",
                                              "autoScaling", "minReplicas", "workerSpec"};

}  // namespace

Value canary_predictor(const spec::CanaryView& canary, const spec::PredictorView& stable,
                       spec::Arena& arena) {
  Value out = stable.value() ? spec::clone(*stable.value(), arena) : Value(rapidjson::kObjectType);
  if (const Value* over = canary.predictor().value()) merge_over(out, *over, arena);
  for (const std::string_view name : kNotInherited) out.RemoveMember(Value(spec::make_literal(name)));
  return out;
}

std::int64_t canary_replicas(const spec::CanaryView& canary, const spec::PredictorView& stable) {
  // Kubernetes stores 32 bits.
  const auto in_range = [](std::int64_t n) {
    return std::clamp<std::int64_t>(n, 0, std::numeric_limits<std::int32_t>::max());
  };
  if (const auto own = canary.predictor().min_replicas()) return in_range(*own);
  const std::int64_t of_stable = in_range(stable.min_replicas().value_or(1));
  const std::int64_t percent = std::clamp<std::int64_t>(canary.traffic_percent().value_or(0), 0, 100);
  return (of_stable * percent + 99) / 100;
}

}  // namespace modelgate::workload
