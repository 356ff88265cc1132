// SPDX-License-Identifier: Apache-2.0
//
// The reconciler: watches, catalog, queue, workers and lease, on one thread with one io_context. Created by
// program.cc.
//
//   Controller controller(options, [&] { doorbell.ring(); });
//   controller.start();
//   ...
//   controller.retire();      // SIGTERM: workers finish, then the lease is released
//   while (!controller.retired()) wait();
//
// A replica without the lease watches everything too, so that its cache is up to date when it becomes the leader.
// Workers reconcile only while this process leads, all kinds have been listed and there is a catalog. A replica
// that loses the lease stops, and tries to acquire it again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kube/catalog_watch.h"
#include "kube/client/client.h"
#include "reconciler/metrics/counts.h"

namespace modelgate::reconciler {

struct ControllerOptions {
  kube::ClientConfig config;
  kube::ClientOptions client;
  kube::CatalogWatchOptions catalog;
  std::string watch_namespace;  // empty: every namespace
  std::string lease = "modelgate-reconciler";
  std::string instance;  // this replica's name: the Pod's
  bool leader_elect = true;
  bool create_runtimes = true;  // the built-in ones, once
  int workers = 16;
  std::chrono::nanoseconds resync{};  // zero: none
  /// How long running reconciles may continue after retire().
  std::chrono::nanoseconds finish_within = std::chrono::seconds(20);
  bool dry_run = false;  // nothing is written, not even the lease
};

class Controller {
 public:
  /// `on_end` is called from its thread when a dry run is over, and after retire().
  Controller(ControllerOptions options, std::function<void()> on_end);
  ~Controller();  // stop()
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  void start();
  /// Ends the thread at once.
  void stop();

  // From any thread:

  /// The kinds that have not been listed yet, or the missing catalog; empty when it can work. For /readyz.
  std::string not_ready() const;
  /// Why the process should be restarted; empty if it is healthy. For /healthz.
  std::string unhealthy() const;
  /// Nothing if the thread does not answer in time.
  std::optional<Counts> counts() const;
  /// The exit code of a dry run, once it is over.
  std::optional<int> finished() const;

  /// Starts no more reconciles; when the running ones have finished, or finish_within is over, the lease is
  /// released. Returns at once.
  void retire();
  bool retired() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::reconciler
