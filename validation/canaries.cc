// SPDX-License-Identifier: Apache-2.0
#include "validation/canaries.h"

#include <fmt/format.h>

#include <algorithm>

#include "validation/duplicates.h"

namespace modelgate::validation {
namespace {

void check_names(const Service& s, Report& report) {
  const std::string_view stable =
      s.predictor() ? spec::PredictorView(s.predictor()->view.value()).name() : std::string_view{};
  const auto canaries = s.isvc().spec().canary();
  const LazyPath list = s.spec_at() / "canary";
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    const LazyPath element = list[i];
    const LazyPath predictor = element / "predictor";
    const std::string_view name = canaries[i].predictor().name();
    if (name.empty()) {
      report.add(required(predictor / "name", "a canary's objects are named after it"));
    } else if (name == stable) {
      report.add(invalid(predictor / "name", name, "must differ from spec.predictor.name"));
    }
  }
  const auto name_of = [&](std::size_t i) { return canaries[i].predictor().name(); };
  for_each_duplicate(canaries.size(), name_of, [&](std::size_t i) {
    const LazyPath element = list[i];
    const LazyPath predictor = element / "predictor";
    report.add(duplicate(predictor / "name", name_of(i)));
  });
}

void check_shares(const Service& s, Report& report) {
  const auto canaries = s.isvc().spec().canary();
  const LazyPath list = s.spec_at() / "canary";
  std::int64_t sum = 0;
  bool within = true;
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    const std::int64_t percent = canaries[i].traffic_percent().value_or(0);
    const LazyPath element = list[i];
    if (percent < 0 || percent > 100) {
      within = false;
      report.add(invalid(element / "trafficPercent", percent, "must be from 0 to 100"));
    } else {
      sum += percent;
    }
  }
  if (within && sum > 100)
    report.add(invalid(list, sum, "the canaries' trafficPercent must be at most 100 together"));
}

void check_fixed_replicas(const Service& s, const Component& c, Report& report) {
  for (const std::string_view field : {"scaleTarget", "scaleMetric", "autoScaling"}) {
    if (c.view.has(field))
      report.add(
          forbidden(c.at / field, "must not be set: a canary has minReplicas replicas and no autoscaler"));
  }
  if (c.view.max_replicas().value_or(0) > 0)
    report.add(forbidden(c.at / "maxReplicas",
                         "must not be set: a canary has minReplicas replicas and no autoscaler"));
  const auto replicas = c.view.min_replicas();
  const std::int64_t stable = s.predictor() ? s.predictor()->view.min_replicas().value_or(1) : 1;
  if (replicas && *replicas > stable)
    report.add(invalid(c.at / "minReplicas", *replicas,
                       fmt::format("must be at most spec.predictor.minReplicas, {}", stable)));
}

}  // namespace

void check_canary_form(const Service& s, Report& report) {
  const spec::Value* canary = s.isvc().spec().field("canary");
  if (!canary) return;
  const LazyPath at = s.spec_at() / "canary";
  if (canary->IsObject()) {
    report.add(
        {spec::ErrorType::kTypeInvalid, at, "object",
         "must be a list: write `canary: [{predictor: {name: canary, ...}, trafficPercent: 10}]`; in the "
         "deployment mode Knative write canaryTrafficPercent in spec.predictor instead, and change "
         "the predictor"});
    return;
  }
  if (s.isvc().spec().canary().empty()) return;
  if (s.annotated_mode() != spec::kStandardMode)
    report.add(forbidden(at, fmt::format("is for the deployment mode {} only, this service's is {}",
                                         spec::kStandardMode, spec::quote(s.mode()))));
  if (!s.predictor()) return;
  const spec::PredictorView stable(s.predictor()->view.value());
  if (!stable.model() && !storage_uri_of(*s.predictor()))
    report.add(required(s.predictor()->at / "model", "a canary needs a stable predictor with a model"));
}

void check_canaries(const Service& s, Report& report) {
  if (s.isvc().spec().canary().empty()) return;
  check_names(s, report);
  check_shares(s, report);
  const auto canaries = s.isvc().spec().canary();
  const LazyPath list = s.spec_at() / "canary";
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    const LazyPath element = list[i];
    if (!canaries[i].predictor()) report.add(required(element / "predictor", "a canary needs a predictor"));
  }
  for (const Component& c : s.components()) {
    if (c.role != Role::kCanary) continue;
    check_fixed_replicas(s, c, report);
    if (c.view.has("workerSpec"))
      report.add(forbidden(c.at / "workerSpec", "must not be set: a canary runs on one node"));
  }
}

}  // namespace modelgate::validation
