// SPDX-License-Identifier: Apache-2.0
//
// How the InferenceServices of a cluster fare, counted one by one, so that a list of any length takes little
// memory. Made by read_cluster.cc, looked at by doctor_services.cc and doctor_kinds.cc.
//
//   ServiceTally tally;
//   for (const Object& service : page) tally.add(service.value(), now);
//   if (tally.failed.count > 0) tell(tally.failed.first);
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "spec/json.h"

namespace modelgate::cli {

/// Longer than a large image and model usually take.
inline constexpr std::chrono::minutes kStuckAfter{10};

struct ServiceTally {
  struct Named {
    std::string ns, name;
    std::string why;  // in the status' own words; may be empty

    std::string to_string() const { return ns + "/" + name; }
  };

  /// All are counted, the first few named.
  struct Group {
    std::size_t count = 0;
    std::vector<Named> first;
  };

  std::size_t all = 0;
  std::size_t ready = 0;
  std::size_t stopped = 0;  // by annotation
  std::size_t coming = 0;   // not Ready, and not for long
  Group failed;             // of those that are not Ready
  Group stuck;              // not Ready for longer than kStuckAfter, and not failed
  Group deleting;           // for longer than kStuckAfter
  Group behind;             // observedGeneration is behind generation
  Group keda;               // what KEDA scales
  Group collectors;         // what KEDA scales by metrics that a collector brings

  /// `now` is the API server's.
  void add(const spec::Value& service, std::chrono::sys_seconds now);
};

/// What is asked for was not looked at yet, and that was not asked for a moment ago.
bool is_behind(const spec::Value& service, std::chrono::sys_seconds now);

}  // namespace modelgate::cli
