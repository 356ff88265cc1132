// SPDX-License-Identifier: Apache-2.0
//
// The health of the InferenceServices of a cluster, counted one by one, so that memory does not grow with the
// list. Filled by read_cluster.cc, read by services.cc and kinds.cc.
//
//   ServiceTally tally;
//   for (const Object& service : page) tally.add(service.value(), now);
//   if (tally.failed.count > 0) report(tally.failed.first);
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "spec/json.h"

namespace modelgate::cli {

/// Longer than a large image and a large model usually need.
inline constexpr std::chrono::minutes kStuckAfter{10};

struct ServiceTally {
  struct Named {
    std::string ns, name;
    std::string why;  // from the status; may be empty

    std::string to_string() const { return ns + "/" + name; }
  };

  /// All are counted; the first few are named.
  struct Group {
    std::size_t count = 0;
    std::vector<Named> first;
  };

  std::size_t all = 0;
  std::size_t ready = 0;
  std::size_t stopped = 0;   // by annotation
  std::size_t starting = 0;  // not Ready, for less than kStuckAfter
  Group failed;              // of the services that are not Ready
  Group stuck;               // not Ready for longer than kStuckAfter, and not failed
  Group deleting;            // for longer than kStuckAfter
  Group outdated;            // observedGeneration is lower than generation
  Group keda;                // scaled by KEDA
  Group collectors;          // scaled by KEDA with metrics of a collector

  /// `now` is the API server's clock.
  void add(const spec::Value& service, std::chrono::sys_seconds now);
};

/// True if the latest generation was not reconciled, and the service is older than a minute.
bool is_outdated(const spec::Value& service, std::chrono::sys_seconds now);

}  // namespace modelgate::cli
