// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a program shows at /metrics: Prometheus' families as they are filled, written in its text format 0.0.4
// by prometheus-cpp's core. Used by process/process_metrics.cc, kube/client_metrics.cc,
// webhook/metrics.cc and reconciler/metrics/metrics.cc.
//
//   MetricFamilies families;
//   families.counter("modelgate_catalog_reloads_total", "Catalogs taken into use.", reloads);
//   auto& requests = families.begin("rest_client_requests_total", "Calls.", MetricType::Counter);
//   add(requests, {{"code", "200"}, {"method", "GET"}}, count);
//   return families.text();
//
// Made anew for each scrape, by one thread.

#include <prometheus/metric_family.h>

#include <concepts>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace modelgate::process {

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<prometheus::ClientMetric::Label>;

template <class Value>
concept Number = std::integral<Value> || std::floating_point<Value>;

// One metric of a counter's or a gauge's family.
void add_value(MetricFamily& family, Labels labels, double value);
void add(MetricFamily& family, Labels labels, Number auto value) {
  add_value(family, std::move(labels), static_cast<double>(value));
}

// One metric of a histogram's family. `counts` has one more element than `bounds`, is not cumulative, and its
// last is for what lies above all bounds.
void add_histogram(MetricFamily& family, Labels labels, std::span<const double> bounds,
                   std::span<const std::uint64_t> counts, double sum);

class MetricFamilies {
 public:
  // In the order in which they are written. The reference holds until the next call: what was filled is
  // written then, so that no more than one family is in memory.
  MetricFamily& begin(std::string_view name, std::string_view help, MetricType type);

  // Families of one metric without labels.
  void counter(std::string_view name, std::string_view help, Number auto value) {
    add(begin(name, help, MetricType::Counter), {}, value);
  }
  void gauge(std::string_view name, std::string_view help, Number auto value) {
    add(begin(name, help, MetricType::Gauge), {}, value);
  }

  // All of them. Ends this.
  std::string text();

 private:
  void write_last();

  std::vector<MetricFamily> last_;  // the one being filled
  std::ostringstream text_;
};

}  // namespace modelgate::process
