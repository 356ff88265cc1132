// SPDX-License-Identifier: Apache-2.0
#include "webhook/admission_metrics.h"

#include <algorithm>

namespace modelgate::webhook {
namespace {

template <std::size_t kSize>
void add_each(std::array<std::uint64_t, kSize>& sum, const std::array<http::Counter, kSize>& part) {
  for (std::size_t i = 0; i < kSize; ++i) sum[i] += part[i].get();
}

void add(BasicPathCounts<std::uint64_t>& sum, const PathCounters& part) {
  add_each(sum.codes, part.codes);
  sum.latencies.add(part.latencies);
  sum.in_flight += part.in_flight.get();
  sum.denied += part.denied.get();
  sum.strict_would_deny += part.strict_would_deny.get();
  sum.lookups += part.lookups.get();
}

}  // namespace

void PathCounters::count_code(int code) {
  const auto* const found = std::ranges::find(kCountedCodes, code);
  if (found != kCountedCodes.end()) codes[static_cast<std::size_t>(found - kCountedCodes.begin())].add();
}

AdmissionCounters& AdmissionMetrics::add_thread() {
  const std::scoped_lock lock(mutex_);
  return *threads_.emplace_back(std::make_unique<AdmissionCounters>());
}

AdmissionCounts AdmissionMetrics::sum() const {
  const std::scoped_lock lock(mutex_);
  AdmissionCounts sum;
  for (const auto& thread : threads_) {
    for (std::size_t i = 0; i < kMaxPaths; ++i) add(sum.paths[i], thread->paths[i]);
    sum.not_found += thread->not_found.get();
  }
  return sum;
}

}  // namespace modelgate::webhook
