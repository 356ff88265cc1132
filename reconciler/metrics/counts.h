// SPDX-License-Identifier: Apache-2.0
//
// The reconciler's counters and gauges: filled by controller.cc on its thread, copied, and written as text by
// metrics.h.
//
//   counts_.reconciled(ReconcileResult::kSuccess, now - begun);
//   counts_.waited(queue_.last_wait());
//   ...
//   Counts copy = counts_;         // the counters; then the gauges:
//   copy.queue = queue_.counts(now);
//   copy.client = client_.counts();
//   copy.services = services_.shown();
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kube/catalog_watch.h"
#include "kube/client/client.h"
#include "process/histogram.h"
#include "reconciler/metrics/service_measures.h"
#include "reconciler/queue/work_queue.h"

namespace modelgate::reconciler {

/// The results of controller-runtime.
enum class ReconcileResult : std::uint8_t {
  kSuccess,
  kRequeueAfter,  // it depends on something that no watch reports
  kRequeue,       // the cached objects were outdated
  kError,         // something was refused or not reached, or an internal error
};
inline constexpr std::size_t kReconcileResults = 4;

/// controller-runtime's, in seconds.
inline constexpr std::array<double, 40> kReconcileBounds{
    0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
    0.7,   0.8,  0.9,   1,    1.25, 1.5,  1.75, 2,    2.5, 3,    3.5, 4,    4.5, 5,
    6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60};
/// client-go's for its queues: 10^-8 to 10^3.
inline constexpr std::array<double, 12> kQueueBounds{1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3,
                                                     1e-2, 1e-1, 1,    10,   100,  1000};

struct Counts {
  // Counters.

  std::array<std::uint64_t, kReconcileResults> results{};
  std::uint64_t bugs = 0;          // among kError: exceptions
  std::uint64_t write_storms = 0;  // writes that were held back
  process::Histogram<kReconcileBounds> reconcile_seconds;
  process::Histogram<kQueueBounds> queue_seconds;  // from due to taken
  process::Histogram<kQueueBounds> work_seconds;   // from taken to done

  /// `time`: from taken to done.
  void reconciled(ReconcileResult result, std::chrono::nanoseconds time) {
    ++results[static_cast<std::size_t>(result)];
    reconcile_seconds.observe(time);
    work_seconds.observe(time);
  }
  void waited(std::chrono::nanoseconds time) { queue_seconds.observe(time); }

  // Gauges.

  int workers = 0;
  QueueCounts queue;
  std::string host;   // of the API server, with the port
  std::string lease;  // its name; empty without leader election
  bool leader = false;
  std::uint64_t catalog_generation = 0;  // 0: there is no catalog yet
  std::uint64_t configurations_refused = 0;
  std::vector<kube::CatalogKindState> kinds;  // all watched kinds
  kube::ClientCounts client;
  ShownServices services;
};

}  // namespace modelgate::reconciler
