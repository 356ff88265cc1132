// SPDX-License-Identifier: Apache-2.0
#include "process/metric_families.h"

#include <prometheus/text_serializer.h>

#include <utility>

#include "spec/text/printable.h"

namespace modelgate::process {

namespace {

/// The text format escapes line breaks and quotes only.
Labels printable(Labels labels) {
  for (auto& label : labels) label.value = text::printable(std::move(label.value));
  return labels;
}

}  // namespace

void add_value(MetricFamily& family, Labels labels, double value) {
  prometheus::ClientMetric metric;
  metric.label = printable(std::move(labels));
  (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  family.metric.push_back(std::move(metric));
}

void add_histogram(MetricFamily& family, Labels labels, std::span<const double> bounds,
                   std::span<const std::uint64_t> counts, double sum) {
  prometheus::ClientMetric metric;
  metric.label = printable(std::move(labels));
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    total += counts[i];
    metric.histogram.bucket.push_back({.cumulative_count = total, .upper_bound = bounds[i]});
  }
  metric.histogram.sample_count = total + counts.back();
  metric.histogram.sample_sum = sum;
  family.metric.push_back(std::move(metric));
}

MetricFamily& MetricFamilies::begin(std::string_view name, std::string_view help, MetricType type) {
  write_last();
  MetricFamily& family = last_.emplace_back();
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

void MetricFamilies::write_last() {
  prometheus::TextSerializer().Serialize(text_, last_);
  last_.clear();
}

std::string MetricFamilies::text() {
  write_last();
  return std::move(text_).str();
}

}  // namespace modelgate::process
