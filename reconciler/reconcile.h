// SPDX-License-Identifier: Apache-2.0
//
// One reconcile: brings one service to what it says, and tells in its status how far it came. Made once by
// controller.cc, which gives it keys; several may be under way at once, never two of the same key.
//
//   Reconciler reconciler(client, cache, events, surroundings...);
//   reconciler.use(catalog);
//   const ReconcileOutcome outcome = co_await reconciler.reconcile(key, until);
//   if (outcome.result > ReconcileOutcome::Result::kGone) queue.add_after_failure(key, now);
//
// In this order: a service that is being deleted is finished; the finalizer; what is wanted is built, planned
// and written; the status, on every path, failures included; events for what changed in it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "kube/client/client.h"
#include "kube/events.h"
#include "reconciler/apply/applier.h"
#include "reconciler/assessment/assessment.h"
#include "reconciler/ca_bundle_copies.h"
#include "reconciler/cache/cache.h"
#include "reconciler/metrics/service_measures.h"
#include "reconciler/status/status_writer.h"
#include "spec/catalog.h"

namespace modelgate::reconciler {

struct ReconcileOutcome {
  enum class Result : std::uint8_t {  // the better first
    kDone,
    kGone,    // there is no such service any more
    kLater,   // done, but it rests on what no watch tells of
    kStale,   // what it rested on had changed: to be done again soon
    kFailed,  // something was refused or not reached
    kBug,     // of ours: logged
  };
  Result result = Result::kDone;
  int writes = 0;
  int write_storms = 0;                           // writes of children that the breaker held back
  std::optional<kube::SteadyTime> again_at = {};  // when what was held back may be written
  std::string problem;                            // the first one, for the log
};

class Reconciler {
 public:
  /// `client`, `cache` and `events` must outlive it. `kind_absent`: see Surroundings.
  Reconciler(kube::Client& client, Cache& cache, kube::EventRecorder& events,
             std::function<bool(const kube::Resource&)> kind_absent, std::string system_namespace);
  ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  /// From the next reconcile on.
  void use(std::shared_ptr<const spec::Catalog> catalog) { catalog_ = std::move(catalog); }
  const std::shared_ptr<const spec::Catalog>& catalog() const { return catalog_; }

  /// After use(). Nothing is written after `until`.
  kube::Task<ReconcileOutcome> reconcile(ServiceKey key, kube::SteadyTime until);

  /// For the metrics.
  MeasuredServices& services() { return services_; }
  const MeasuredServices& services() const { return services_; }

  /// What it knows, for assessments that nobody carries out.
  const Surroundings& surroundings() const { return surroundings_; }

 private:
  kube::Task<void> finish_deletion(const ServiceRecord& record, const spec::Value& service,
                                   kube::SteadyTime until, ReconcileOutcome& outcome);
  kube::Task<void> serve(Assessment& assessment, kube::SteadyTime until, ReconcileOutcome& outcome);
  kube::Task<std::vector<ApplyProblem>> bring_ca_bundle(const Assessment& assessment, kube::SteadyTime until,
                                                        ReconcileOutcome& outcome);
  kube::Task<bool> set_finalizer(Assessment& assessment, kube::SteadyTime until, ReconcileOutcome& outcome);
  kube::Task<void> write_status(Assessment& assessment, kube::SteadyTime until, ReconcileOutcome& outcome);
  kube::Task<void> tell_bug(ServiceKey key, std::string what, kube::SteadyTime until);
  void tell_problems(const Assessment& assessment, const ApplyOutcome& applied);
  void tell_events(Assessment& assessment, const spec::Value& status);
  void forget(const ServiceKey& key);

  kube::Client& client_;
  Cache& cache_;
  kube::EventRecorder& events_;
  AppliedMemory memory_;
  Surroundings surroundings_;
  Applier applier_;
  StatusWriter status_writer_;
  CaBundleCopies ca_bundles_;
  MeasuredServices services_;
  std::shared_ptr<const spec::Catalog> catalog_;
  std::map<ServiceKey, std::string> uids_;            // of those reconciled: for what is to be forgotten
  std::map<std::string, std::string> told_problems_;  // by uid: what events were last made of
};

}  // namespace modelgate::reconciler
