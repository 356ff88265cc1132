// SPDX-License-Identifier: Apache-2.0
#include "reconciler/controller.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "kube/client/connection_flags.h"
#include "kube/client/loop_thread.h"
#include "kube/events.h"
#include "kube/lease.h"
#include "process/log.h"
#include "reconciler/builtin_runtimes.h"
#include "reconciler/cache/cache.h"
#include "reconciler/dry_run.h"
#include "reconciler/heartbeat.h"
#include "reconciler/queue/work_queue.h"
#include "reconciler/reconcile.h"
#include "reconciler/watches.h"

namespace modelgate::reconciler {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// For one reconcile: a dozen calls, each of which may wait ten seconds for an admission webhook.
constexpr std::chrono::seconds kReconcileTime{60};

/// Idle workers check at least this often, e.g. whether the lease has expired.
constexpr std::chrono::seconds kIdleCheck{1};

/// Retries for the built-in runtimes: e.g. until our webhook answers.
constexpr std::chrono::seconds kFirstRuntimesPause{1};
constexpr std::chrono::minutes kLongestRuntimesPause{5};

/// ConfigMaps are watched twice: the configuration, and those of services. The metrics show them as one kind.
void add_kind(kube::CatalogKindState kind, std::vector<kube::CatalogKindState>& kinds) {
  const auto same = std::ranges::find(kinds, kind.plural, &kube::CatalogKindState::plural);
  if (same == kinds.end()) return kinds.push_back(std::move(kind));
  same->synced = same->synced && kind.synced;
  same->connected = same->connected && kind.connected;
  if (same->problem.empty()) same->problem = std::move(kind.problem);
  same->counts.lists += kind.counts.lists;
  same->counts.watches += kind.counts.watches;
  same->counts.events += kind.counts.events;
  same->counts.failures += kind.counts.failures;
}

}  // namespace

class Controller::Impl {
 public:
  Impl(ControllerOptions options, std::function<void()> on_end)
      : options_(std::move(options)),
        on_end_(std::move(on_end)),
        client_(loop_.context(), options_.config, options_.client),
        elector_(client_, {.ns = options_.catalog.ns,
                           .name = options_.lease,
                           .identity = kube::lease_identity(options_.instance)}),
        events_(client_, {.component = "modelgate-reconciler", .instance = options_.instance}),
        cache_([this](const ServiceKey& key, Priority priority) { add(key, priority); }),
        watches_(client_, cache_, {.ns = options_.watch_namespace}, [this] { add_all(); }),
        catalog_(client_, options_.catalog, [this](kube::CatalogUpdate news) { take(std::move(news)); }),
        reconciler_(
            client_, cache_, events_,
            [this](const kube::Resource& resource) { return watches_.kind_absent(resource); },
            options_.catalog.ns),
        runtimes_(client_, options_.catalog.ns) {
    reconciler_.on_requeue([this](const ServiceKey& key) { add(key, Priority::kChange); });
    elector_.on_change([this](bool leads) { lead(leads); });
  }

  ~Impl() { stop(); }

  void stop() { loop_.stop(); }

  void start() {
    catalog_.start();
    watches_.start();
    if (options_.dry_run) {
      retired_ = true;
      kube::spawn(loop_.context(), "dry run", [this] { return dry_run(); });
    } else {
      start_work();
    }
    loop_.start();
  }

  std::string not_ready() const {
    auto problem = loop_.ask([this] { return not_ready_now(); });
    return problem ? std::move(*problem) : "the controller's thread does not answer";
  }

  std::string unhealthy() const { return heartbeat_.problem(Clock::now()); }

  std::optional<Counts> counts() const {
    return loop_.ask([this] { return counts_now(); });
  }

  std::optional<int> finished() const {
    const int code = finished_;
    return code < 0 ? std::nullopt : std::optional(code);
  }

  void retire() {
    if (retired_) return;
    kube::spawn(loop_.context(), "retirement", [this] { return hand_over(); });
  }

  bool retired() const { return retired_; }

 private:
  // ------------------------------------------------------------------------------------------ the thread

  std::string not_ready_now() const {
    std::vector<std::string> waited_for = kube::unsynced(catalog_.kinds());
    for (std::string& kind : kube::unsynced(watches_.kinds())) waited_for.push_back(std::move(kind));
    if (waited_for.empty() && !reconciler_.catalog()) waited_for.emplace_back("the catalog");
    if (waited_for.empty()) return {};
    return fmt::format("waiting for {}", fmt::join(waited_for, ", "));
  }

  // --------------------------------------------------------------------------------------------- updates

  void add(const ServiceKey& key, Priority priority) {
    queue_.add(key, priority, Clock::now());
    wake_.wake_one();
  }

  void add_all() {
    for (const ServiceKey& key : cache_.services()) add(key, Priority::kResync);
  }

  void take(kube::CatalogUpdate news) {
    if (!news.warnings.empty())
      log::warn("catalog", {{"warnings", fmt::format("{}", fmt::join(news.warnings, "\n"))}});
    if (!news.refused.empty()) {
      ++counts_.configurations_refused;
      log::error("configuration refused, the last good one stays in use",
                 {{"configMap", options_.catalog.config_map},
                  {"reason", fmt::format("{}", fmt::join(news.refused, "\n"))}});
    }
    if (!news.catalog) return;
    log::info("catalog", {{"generation", news.catalog->generation()},
                          {"clusterRuntimes", news.catalog->cluster_runtimes().size()}});
    reconciler_.use(std::move(news.catalog));
    add_all();
    wake_.wake_all();
  }

  void lead(bool leads) {
    log::info(leads ? "leading" : "no longer leading", {{"lease", options_.lease}});
    if (!leads) reconciler_.services().clear();
    reconciler_.reset_host_claims();
    if (!leads) return;
    if (options_.create_runtimes && !creating_runtimes_)
      kube::spawn(loop_.context(), "built-in runtimes", [this] { return create_runtimes(); });
    add_all();
    wake_.wake_all();
  }

  kube::SteadyTime leader_until() const {
    return options_.leader_elect ? elector_.leader_until() : kube::SteadyTime::max();
  }
  bool leads(kube::SteadyTime now) const { return now < leader_until(); }

  // ---------------------------------------------------------------------------------------------- workers

  void start_work() {
    kube::spawn(loop_.context(), "heartbeat", [this] { return beat(); });
    for (int i = 0; i < options_.workers; ++i)
      kube::spawn(loop_.context(), "worker", [this] { return work(); });
    if (options_.resync.count() > 0) kube::spawn(loop_.context(), "resync", [this] { return resync(); });
    if (options_.leader_elect) {
      kube::spawn(loop_.context(), "lease", [this] { return elector_.run(); });
    } else {
      kube::asio::post(loop_.context(), [this] { lead(true); });
    }
  }

  kube::Task<void> beat() {
    while (true) {
      heartbeat_.beat(Clock::now());
      const bool slept = co_await kube::sleep_for(kHeartbeat);
      if (!slept) co_return;
    }
  }

  bool may_work(kube::SteadyTime now) const {
    return !stopping_ && leads(now) && reconciler_.catalog() && watches_.synced();
  }

  kube::Task<void> work() {
    while (!stopping_) {
      const auto now = Clock::now();
      std::optional<ServiceKey> key;
      if (may_work(now)) key = queue_.take(now);
      if (!key) {
        const auto due = queue_.next_due().value_or(now + kIdleCheck);
        // A key that is due cannot be reconciled now, otherwise take() would have returned it.
        const auto until = due <= now ? now + kIdleCheck : std::min(due, now + kIdleCheck);
        co_await wake_.wait(until);
        continue;
      }
      // Another worker must wait for the next due time in place of this one.
      if (queue_.next_due()) wake_.wake_one();
      counts_.waited(queue_.last_wait());
      co_await reconcile(*key);
    }
  }

  kube::Task<void> reconcile(ServiceKey key) {
    const auto began = Clock::now();
    ReconcileOutcome outcome;
    ++working_;
    try {
      outcome = co_await reconciler_.reconcile(key, std::min(began + kReconcileTime, leader_until()));
    } catch (const std::exception& bug) {
      outcome.result = ReconcileOutcome::Result::kBug;
      outcome.problem = bug.what();
      log::error("reconcile failed with an internal error",
                 {{"service", key.to_string()}, {"reason", bug.what()}});
    }
    --working_;
    const auto now = Clock::now();
    count(outcome, now - began);
    log_outcome(key, outcome, now - began);
    if (outcome.result <= ReconcileOutcome::Result::kRefused) {
      queue_.forget(key);
    } else {
      queue_.add_after_failure(key, now);
    }
    if (outcome.again_at) queue_.add_at(key, Priority::kChange, *outcome.again_at, now);
    queue_.done(key, now);
    if (stopping_) idle_.wake_all();
  }

  void count(const ReconcileOutcome& outcome, std::chrono::nanoseconds took) {
    using enum ReconcileOutcome::Result;
    static constexpr std::array<ReconcileResult, 7> kAs = {
        ReconcileResult::kSuccess,      ReconcileResult::kSuccess, ReconcileResult::kError,
        ReconcileResult::kRequeueAfter, ReconcileResult::kRequeue, ReconcileResult::kError,
        ReconcileResult::kError};
    counts_.reconciled(kAs.at(static_cast<std::size_t>(outcome.result)), took);
    counts_.bugs += outcome.result == kBug ? 1 : 0;
    counts_.write_storms += static_cast<std::uint64_t>(outcome.write_storms);
  }

  Counts counts_now() const {
    const auto now = Clock::now();
    Counts out = counts_;
    out.workers = options_.workers;
    out.queue = queue_.counts(now);
    out.host = fmt::format("{}:{}", options_.config.host, options_.config.port);
    if (options_.leader_elect) out.lease = options_.lease;
    out.leader = !options_.dry_run && leads(now);
    if (const auto& catalog = reconciler_.catalog()) out.catalog_generation = catalog->generation();
    out.kinds = catalog_.kinds();
    for (kube::CatalogKindState& kind : watches_.kinds()) add_kind(std::move(kind), out.kinds);
    out.client = client_.counts();
    out.services = reconciler_.services().shown();
    return out;
  }

  static void log_outcome(const ServiceKey& key, const ReconcileOutcome& outcome,
                          std::chrono::nanoseconds took) {
    const auto ms = std::chrono::duration_cast<milliseconds>(took).count();
    if (!outcome.problem.empty()) {
      log::warn("reconcile incomplete", {{"service", key.to_string()},
                                         {"writes", outcome.writes},
                                         {"ms", ms},
                                         {"reason", outcome.problem}});
    } else if (outcome.writes > 0) {
      log::info("reconciled", {{"service", key.to_string()}, {"writes", outcome.writes}, {"ms", ms}});
    }
  }

  kube::Task<void> resync() {
    const auto every = std::chrono::duration_cast<milliseconds>(options_.resync);
    while (!stopping_) {
      const bool slept = co_await kube::sleep_for(every);
      if (!slept) co_return;
      if (leads(Clock::now())) add_all();
    }
  }

  kube::Task<void> create_runtimes() {
    creating_runtimes_ = true;
    kube::Backoff pause(kFirstRuntimesPause, kLongestRuntimesPause);
    while (!stopping_ && leads(Clock::now())) {
      const auto until = std::min(Clock::now() + kReconcileTime, leader_until());
      const BuiltinOutcome outcome = co_await runtimes_.create(until);
      if (outcome.created > 0) log::info("built-in runtimes created", {{"count", outcome.created}});
      if (outcome.complete) break;
      log::warn("built-in runtimes not created yet", {{"reason", outcome.problem}});
      const bool slept = co_await kube::sleep_for(pause.next());
      if (!slept) break;
    }
    creating_runtimes_ = false;
  }

  // ---------------------------------------------------------------------------------------------- exit

  kube::Task<void> hand_over() {
    stopping_ = true;
    wake_.wake_all();
    const auto until = Clock::now() + std::chrono::duration_cast<milliseconds>(options_.finish_within);
    while (working_ > 0) {
      const bool woken = co_await idle_.wait(until);
      if (!woken) break;
    }
    if (working_ > 0) log::warn("exiting with unfinished reconciles", {{"services", working_}});
    if (options_.leader_elect) co_await elector_.release();
    retired_ = true;
    on_end_();
  }

  kube::Task<void> dry_run() {
    while (!(watches_.synced() && reconciler_.catalog())) co_await kube::sleep_for(kDryRunPoll);
    const DryRunCounts counts =
        co_await reconciler::dry_run(client_, cache_, reconciler_.catalog(), reconciler_.surroundings());
    log::info("dry run", {{"services", counts.services},
                          {"withSteps", counts.with_steps},
                          {"steps", counts.steps},
                          {"failed", counts.failed}});
    finished_ = counts.failed > 0 ? 1 : 0;
    on_end_();
  }
  static constexpr milliseconds kDryRunPoll{20};

  ControllerOptions options_;
  std::function<void()> on_end_;
  std::atomic<bool> retired_ = false;
  std::atomic<int> finished_ = -1;
  Heartbeat heartbeat_{Clock::now()};

  // Of the thread. The context is destroyed last, with the coroutines that refer to the other members.
  kube::LoopThread loop_{"reconciler"};
  kube::Client client_;
  kube::LeaderElector elector_;
  kube::EventRecorder events_;
  WorkQueue queue_;
  kube::Waiters wake_;  // idle workers
  kube::Waiters idle_;  // waits for the last worker
  Cache cache_;
  Watches watches_;
  kube::CatalogWatch catalog_;
  Reconciler reconciler_;
  BuiltinRuntimes runtimes_;
  bool stopping_ = false;
  bool creating_runtimes_ = false;
  int working_ = 0;
  Counts counts_;  // the counters
};

Controller::Controller(ControllerOptions options, std::function<void()> on_end)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(on_end))) {}
Controller::~Controller() = default;

void Controller::start() {
  impl_->start();
}
void Controller::stop() {
  impl_->stop();
}
std::string Controller::not_ready() const {
  return impl_->not_ready();
}
std::string Controller::unhealthy() const {
  return impl_->unhealthy();
}
std::optional<Counts> Controller::counts() const {
  return impl_->counts();
}
std::optional<int> Controller::finished() const {
  return impl_->finished();
}
void Controller::retire() {
  impl_->retire();
}
bool Controller::retired() const {
  return impl_->retired();
}

}  // namespace modelgate::reconciler
