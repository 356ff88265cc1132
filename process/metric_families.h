// SPDX-License-Identifier: Apache-2.0
//
// Builds the text of /metrics: families in Prometheus' text format 0.0.4, with prometheus-cpp's core. Used by
// process/process_metrics.cc, kube/client_metrics.cc, webhook/metrics.cc and reconciler/metrics/metrics.cc.
//
//   MetricFamilies families;
//   families.counter("modelgate_catalog_reloads_total", "Catalogs loaded.", reloads);
//   auto& requests = families.begin("rest_client_requests_total", "Calls.", MetricType::Counter);
//   add(requests, {{"code", "200"}, {"method", "GET"}}, count);
//   return families.text();
//
// One object per scrape, used by one thread.
#pragma once

#include <prometheus/metric_family.h>

#include <concepts>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "process/histogram.h"

namespace modelgate::process {

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<prometheus::ClientMetric::Label>;

template <class Value>
concept Number = std::integral<Value> || std::floating_point<Value>;

/// Adds a metric to the family of a counter or gauge.
void add_value(MetricFamily& family, Labels labels, double value);
void add(MetricFamily& family, Labels labels, Number auto value) {
  add_value(family, std::move(labels), static_cast<double>(value));
}

/// Adds a metric to the family of a histogram. `counts` has one more element than `bounds`, for values above
/// all bounds, and is not cumulative.
void add_histogram(MetricFamily& family, Labels labels, std::span<const double> bounds,
                   std::span<const std::uint64_t> counts, double sum);
template <const auto& kBounds>
void add_histogram(MetricFamily& family, Labels labels, const Histogram<kBounds>& histogram) {
  add_histogram(family, std::move(labels), kBounds, histogram.counts,
                static_cast<double>(histogram.sum_nanoseconds) / 1e9);
}

class MetricFamilies {
 public:
  /// Starts a family. The next call writes it and invalidates the reference, so only one family is in memory.
  MetricFamily& begin(std::string_view name, std::string_view help, MetricType type);

  /// A family of one metric without labels.
  void counter(std::string_view name, std::string_view help, Number auto value) {
    add(begin(name, help, MetricType::Counter), {}, value);
  }
  void gauge(std::string_view name, std::string_view help, Number auto value) {
    add(begin(name, help, MetricType::Gauge), {}, value);
  }

  /// The text of all families. Call it last.
  std::string text();

 private:
  void write_last();

  std::vector<MetricFamily> last_;  // the one being filled
  std::ostringstream text_;
};

}  // namespace modelgate::process
