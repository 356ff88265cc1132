// SPDX-License-Identifier: Apache-2.0
//
// The reconciler as a whole: watches, catalog, queue, workers, lease, on one thread with one io_context. Made
// by main.cc.
//
//   Controller controller(options, [&] { doorbell.ring(); });
//   controller.start();
//   ...
//   controller.retire();      // SIGTERM: workers finish what they have, then the lease is given up
//   while (!controller.retired()) wait();
//
// Everything is watched from the start, by the one who waits for the lease too, so that its picture is warm.
// Workers work only while this process leads, the first lists are in and there is a catalog. Who loses the
// lease stops handing out work and waits for it again.
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
  bool make_runtimes = true;  // the built-in ones, once
  int workers = 16;
  std::chrono::nanoseconds resync{};  // zero: never
  /// What is under way when it retires may go on for this long.
  std::chrono::nanoseconds finish_within = std::chrono::seconds(20);
  bool dry_run = false;  // nothing is written, and nobody leads
};

class Controller {
 public:
  /// `rung` is called from its thread when a dry run is over.
  Controller(ControllerOptions options, std::function<void()> rung);
  ~Controller();  // stop()
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  void start();
  /// Ends the thread, whatever it is at.
  void stop();

  // From any thread:

  /// What is waited for until the first lists are in and there is a catalog; empty afterwards. For /readyz.
  std::string not_ready() const;
  /// Why it is to be started anew; empty while all is well. For /healthz.
  std::string ailing() const;
  /// Nothing where the thread does not answer within a moment.
  std::optional<Counts> counts() const;
  /// What a dry run printed to the standard output came to: the exit code, once it is over.
  std::optional<int> finished() const;

  /// Hands out no more work; once the workers are done with theirs, or finish_within is over, the lease is
  /// given up. Returns at once.
  void retire();
  bool retired() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::reconciler
