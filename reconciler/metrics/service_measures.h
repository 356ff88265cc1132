// SPDX-License-Identifier: Apache-2.0
//
// The metrics of each InferenceService: whether it is ready, how long that took, how many replicas and
// accelerators it has. Measured at the end of each reconcile. Used by controller.cc and reconcile.cc.
//
//   services_.take(key, measure(service, status, wanted.objects, observed));
//   services_.forget(key);                     // the service was deleted
//   ShownServices shown = services_.shown();   // for metrics.h
//
// The first kMaxLabelled services have their own series; the others are added up. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconciler/queue/service_key.h"
#include "spec/json.h"
#include "workload/children/wanted.h"
#include "workload/status/observed.h"

namespace modelgate::reconciler {

/// About seven series each: 35,000, an eighth of what a Prometheus with 1 GiB of memory holds.
inline constexpr std::size_t kMaxLabelled = 5000;

/// Names of resources come from users: more kinds of accelerators per service are not counted.
inline constexpr std::size_t kMaxAccelerators = 8;

struct ServiceMeasures {
  std::string uid;    // of the service
  std::string phase;  // "Pending", "Loading", "Ready", "Failed", "Stopped"; empty: none yet
  bool ready = false;
  /// From its creation until it last became Ready, according to its status; nothing while it is not Ready.
  std::optional<double> created_to_ready_seconds;
  /// For the newest ready Pod of its predictor: from the start of its first container (which downloads the model,
  /// if there is such a container) until it was ready.
  std::string load_pod;  // its uid
  std::optional<double> model_load_seconds;
  std::int64_t replicas_wanted = 0;  // of all its Deployments
  std::int64_t replicas_ready = 0;
  /// Extended resources by name, of all desired replicas; sorted.
  std::vector<std::pair<std::string, std::int64_t>> accelerators;
};

/// Pure. `status` is the new one, `observed` what it was computed from, `wanted` the desired objects. The result
/// does not refer to them.
ServiceMeasures measure(const spec::Value& service, const spec::Value& status,
                        const std::vector<workload::WantedObject>& wanted,
                        const workload::Observed& observed);

/// The metrics of all services at one moment.
struct ShownServices {
  std::vector<std::pair<ServiceKey, ServiceMeasures>> labelled;

  /// The other services, added up.
  struct Rest {
    std::uint64_t services = 0;
    std::uint64_t ready = 0;
    std::map<std::string, std::uint64_t> phases;
    std::int64_t replicas_wanted = 0;
    std::int64_t replicas_ready = 0;
    std::map<std::string, std::int64_t> accelerators;
  } rest;
};

class MeasuredServices {
 public:
  /// `labelled`: kMaxLabelled, except in tests.
  explicit MeasuredServices(std::size_t labelled = kMaxLabelled) : most_(labelled) {}

  /// Keeps the first time to Ready, and the first time to load for each Pod: later transitions change the times in
  /// the status.
  void take(const ServiceKey& key, ServiceMeasures measures);
  void forget(const ServiceKey& key);
  /// All of them: another replica reconciles now.
  void clear();
  ShownServices shown() const;

 private:
  struct Entry {
    ServiceMeasures measures;
    bool labelled = false;
  };
  std::size_t most_;
  std::size_t labelled_ = 0;
  std::map<ServiceKey, Entry> services_;
};

}  // namespace modelgate::reconciler
