// SPDX-License-Identifier: Apache-2.0
//
// Starts the controller and the probes, and waits for a signal; or for the end of a dry run.
#include "reconciler/program.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/probe_servers.h"
#include "kube/client/connection_flags.h"
#include "process/allocator.h"
#include "process/doorbell.h"
#include "process/log.h"
#include "process/write_file.h"
#include "reconciler/controller.h"
#include "reconciler/flags.h"
#include "reconciler/metrics/metrics.h"

namespace modelgate::reconciler {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Woken = process::Doorbell::Woken;

/// The main thread is woken by signals and by the controller, too.
constexpr milliseconds kPollInterval{1000};
constexpr milliseconds kShutdownPollInterval{50};

/// A thousand services that change at once take twice the memory that they are stored in.
constexpr std::chrono::minutes kGiveBackEvery{1};

/// For releasing the lease; kube/lease.h retries once at most.
constexpr std::chrono::seconds kLeaseWait{3};

/// Besides one for each worker: for lookups that run at the same time.
constexpr std::size_t kSpareConnections = 8;

ControllerOptions options_of(const Flags& flags, kube::Connection connection) {
  ControllerOptions options;
  options.config = std::move(connection.config);
  options.client = std::move(connection.client);
  options.client.connections = static_cast<std::size_t>(flags.workers) + kSpareConnections;
  options.catalog.ns = connection.ns;
  options.catalog.builtin_runtimes = flags.builtin_runtimes;
  options.watch_namespace = flags.watch_namespace;
  options.lease = flags.cluster.lease;
  options.instance = connection.instance;
  options.leader_elect = flags.leader_elect;
  options.create_runtimes = flags.builtin_runtimes;
  options.workers = flags.workers;
  options.resync = flags.resync;
  options.finish_within = flags.shutdown_timeout;
  options.dry_run = flags.dry_run;
  return options;
}

class Program {
 public:
  Program(Flags flags, kube::FaultInjector* faults) : flags_(std::move(flags)), faults_(faults) {}

  int run() {
    if (auto started = start(); !started) {
      log::error("cannot start", {{"reason", started.error()}});
      return 1;
    }
    auto give_back_at = Clock::now() + kGiveBackEvery;
    while (!controller_->finished()) {
      if (doorbell_.wait(kPollInterval) == Woken::kSignal) return flags_.dry_run ? 1 : shut_down();
      if (Clock::now() < give_back_at) continue;
      process::give_back_free_memory();
      give_back_at = Clock::now() + kGiveBackEvery;
    }
    return *controller_->finished();
  }

 private:
  std::expected<void, std::string> start() {
    auto connection = kube::connection(flags_.cluster, "modelgate-reconciler");
    if (!connection) return std::unexpected(connection.error());
    log::info("in a cluster", {{"server", connection->config.host + ":" + connection->config.port},
                               {"namespace", connection->ns}});
    connection->client.faults = faults_;
    controller_ = std::make_unique<Controller>(options_of(flags_, std::move(*connection)),
                                               [this] { doorbell_.ring(); });
    controller_->start();
    return flags_.dry_run ? std::expected<void, std::string>() : listen();
  }

  std::expected<void, std::string> listen() {
    auto probes = http::ProbeServers::listen(
        flags_.health, flags_.metrics, [this] { return checks(); },
        [this] { return metrics_text(controller_->counts()); }, [this] { return controller_->unhealthy(); });
    if (!probes) return std::unexpected(probes.error());
    probes_ = std::move(*probes);
    probes_->start();
    log::info("probes", {{"health", probes_->health_address()}, {"metrics", probes_->metrics_address()}});
    const std::string addresses =
        "health " + probes_->health_address() + "\nmetrics " + probes_->metrics_address() + "\n";
    if (flags_.address_out.empty() || process::write_file(flags_.address_out, addresses)) return {};
    return std::unexpected("--address-out: " + flags_.address_out + " cannot be written");
  }

  std::vector<http::ReadyCheck> checks() {
    return {{"caches", [this] { return controller_->not_ready(); }}};
  }

  int shut_down() {
    log::info("shutting down");
    controller_->retire();
    const auto until = Clock::now() + flags_.shutdown_timeout + kLeaseWait;
    while (!controller_->retired() && Clock::now() < until) {
      if (doorbell_.wait(kShutdownPollInterval) == Woken::kSignal) {
        log::warn("second signal: exiting at once");
        std::_Exit(1);
      }
    }
    log::info("stopped");
    return 0;
  }

  Flags flags_;
  kube::FaultInjector* faults_;
  process::Doorbell doorbell_;
  // The probes call the controller, so they are destroyed first.
  std::unique_ptr<Controller> controller_;
  std::optional<http::ProbeServers> probes_;
};

}  // namespace

int run(Flags flags, kube::FaultInjector* faults) {
  return Program(std::move(flags), faults).run();
}

}  // namespace modelgate::reconciler
