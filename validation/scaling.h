// SPDX-License-Identifier: Apache-2.0
//
// Replicas, concurrency, autoscalers and their metrics.
//
// KServe has three sets of checks. Which one applies depends on the deployment mode and two annotations:
//   Standard, autoscalerClass hpa      HorizontalPodAutoscaler
//   Standard, autoscalerClass keda     KEDA
//   Standard, any other                none; check_scaling_metrics_closely() fills the gap
//   any other mode                     Knative's, or its HPA where autoscaling.knative.dev/class names that
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_autoscaler_class(const Service& s, Report& report);
void check_replicas(const Service& s, Report& report);
void check_container_concurrency(const Service& s, Report& report);
/// KServe's checks for HPA, KEDA and Knative.
void check_scaling_metrics(const Service& s, Report& report);
/// They parse.
void check_metric_quantities(const Service& s, Report& report);
/// What KServe does not check.
void check_scaling_metrics_closely(const Service& s, Report& report);
void check_canary_traffic_percent(const Service& s, Report& report);

}  // namespace modelgate::validation
