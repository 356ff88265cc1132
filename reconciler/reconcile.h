// SPDX-License-Identifier: Apache-2.0
//
// One reconcile: brings the objects of one service to their desired state, and reports the progress in its status.
// Created once by controller.cc; several reconciles may run at once, never two for the same key.
//
//   Reconciler reconciler(client, cache, events, surroundings...);
//   reconciler.use(catalog);
//   const ReconcileOutcome outcome = co_await reconciler.reconcile(key, until);
//   if (outcome.result > ReconcileOutcome::Result::kRefused) queue.add_after_failure(key, now);
//   if (outcome.again_at) queue.add_at(key, Priority::kChange, *outcome.again_at, now);
//
// In this order: a service that is being deleted is finalized; the finalizer is added; desired objects are built,
// planned and applied; the status is written, also after failures; Events report its changes.
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
  enum class Result : std::uint8_t {  // the best first
    kDone,
    kGone,     // the service no longer exists
    kRefused,  // the API server refused a write: to be repeated at again_at
    kLater,    // done, but it depends on something that no watch reports
    kStale,    // the cached objects were outdated: to be repeated soon
    kFailed,   // something failed or was not reached
    kBug,      // an exception: logged
  };
  Result result = Result::kDone;
  int writes = 0;
  int write_storms = 0;                           // writes of children that were held back
  std::optional<kube::SteadyTime> again_at = {};  // when they, or refused ones, are to be repeated
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

  /// For the next reconciles.
  void use(std::shared_ptr<const spec::Catalog> catalog) { catalog_ = std::move(catalog); }
  const std::shared_ptr<const spec::Catalog>& catalog() const { return catalog_; }

  /// After use(). Nothing is written after `until`.
  kube::Task<ReconcileOutcome> reconcile(ServiceKey key, kube::SteadyTime until);

  /// For the metrics.
  MeasuredServices& services() { return services_; }
  const MeasuredServices& services() const { return services_; }

  /// For assessments that are not carried out. After use().
  const Surroundings& surroundings();

  /// Called for services that get or lose a host because of another one's change.
  void on_requeue(std::function<void(const ServiceKey&)> requeue) { requeue_ = std::move(requeue); }
  /// The claims for hosts are read again from all services: after a time without reconciles.
  void reset_host_claims() { claims_basis_.clear(); }

 private:
  kube::Task<void> finalize(const ServiceRecord& record, const spec::Value& service, kube::SteadyTime until,
                            ReconcileOutcome& outcome);
  kube::Task<void> serve(Assessment& assessment, kube::SteadyTime until, ReconcileOutcome& outcome);
  kube::Task<std::vector<ApplyProblem>> copy_ca_bundle(const Assessment& assessment, kube::SteadyTime until,
                                                       ReconcileOutcome& outcome);
  kube::Task<bool> set_finalizer(Assessment& assessment, kube::SteadyTime until, ReconcileOutcome& outcome);
  kube::Task<void> write_status(Assessment& assessment, kube::SteadyTime until, ReconcileOutcome& outcome);
  void refused(ReconcileOutcome& outcome, const ServiceRecord& record, std::string_view what,
               std::string_view problem);
  void failed(ReconcileOutcome& outcome, const ServiceRecord& record, std::string_view what,
              const kube::ApiError& error);
  kube::Task<void> report_bug(ServiceKey key, std::string what, kube::SteadyTime until);
  void report_problems(const Assessment& assessment, const ApplyOutcome& applied);
  void report_events(Assessment& assessment, const spec::Value& status);
  void forget(const ServiceKey& key);
  void update_host_claims();
  void claim_hosts(const HostClaim& claim);
  bool has_virtual_services() const { return !surroundings_.kind_absent(kube::kVirtualServices); }

  kube::Client& client_;
  Cache& cache_;
  kube::EventRecorder& events_;
  AppliedMemory memory_;
  HostClaims host_claims_;
  std::string claims_basis_;  // of host_claims_; empty: not filled
  std::function<void(const ServiceKey&)> requeue_ = [](const ServiceKey&) {};
  Surroundings surroundings_;
  Applier applier_;
  StatusWriter status_writer_;
  CaBundleCopies ca_bundles_;
  MeasuredServices services_;
  std::shared_ptr<const spec::Catalog> catalog_;
  std::map<ServiceKey, std::string> uids_;                // of the reconciled services, for forget()
  std::map<std::string, std::string> reported_problems_;  // by uid: those of the last Events
};

}  // namespace modelgate::reconciler
