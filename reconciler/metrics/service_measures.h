// SPDX-License-Identifier: Apache-2.0
//
// What the metrics tell of each InferenceService: whether it is ready, how long that took, how many replicas
// and accelerators it has. Read from what a reconcile has in its hands at its end. For controller.cc and
// reconcile.cc.
//
//   services_.take(key, measure(service, status, wanted.objects, observed));
//   services_.forget(key);                     // the service has gone
//   ShownServices shown = services_.shown();   // for metrics.h
//
// Labels do not explode: at most kMaxLabelled services have series of their own, those that came first; the
// rest are added up. One thread.
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

/// Some seven series each: 35,000, an eighth of what a Prometheus of one GiB holds.
inline constexpr std::size_t kMaxLabelled = 5000;

/// Resources are the users' own words: no more kinds of accelerators a service are told.
inline constexpr std::size_t kMaxAccelerators = 8;

struct ServiceMeasures {
  std::string uid;    // of the service
  std::string phase;  // "Pending", "Loading", "Ready", "Failed", "Stopped"; empty: none yet
  bool ready = false;
  /// From its creation to the last time that it became Ready, by the status; nothing while it is not.
  std::optional<double> created_to_ready_seconds;
  /// The newest Pod of its predictor that is ready: from the start of its first container (the one that
  /// fetches the model, where there is one) until it was.
  std::string load_pod;  // its uid
  std::optional<double> model_load_seconds;
  std::int64_t replicas_wanted = 0;  // of all its Deployments, as whoever scales them asks
  std::int64_t replicas_ready = 0;
  /// Extended resources by name, of all replicas wanted; sorted.
  std::vector<std::pair<std::string, std::int64_t>> accelerators;
};

/// Pure. `status` is the one just built, `observed` what it was built from, `wanted` what the Deployments are
/// made from; their values need to live no longer than this call.
ServiceMeasures measure(const spec::Value& service, const spec::Value& status,
                        const std::vector<workload::WantedObject>& wanted,
                        const workload::Observed& observed);

/// What is shown of all services at one moment.
struct ShownServices {
  std::vector<std::pair<ServiceKey, ServiceMeasures>> labelled;

  /// The rest, added up.
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
  /// `labelled`: kMaxLabelled, but in tests.
  explicit MeasuredServices(std::size_t labelled = kMaxLabelled) : most_(labelled) {}

  /// The time to Ready stays what it was the first time, and the time to load what it was for that Pod:
  /// what happens afterwards moves the status' times on.
  void take(const ServiceKey& key, ServiceMeasures measures);
  void forget(const ServiceKey& key);
  /// All of them: another replica reconciles now, and tells.
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
