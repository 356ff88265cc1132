// SPDX-License-Identifier: Apache-2.0
//
// The main thread waits here for SIGTERM and SIGINT, and for calls of ring() from other threads. Used by
// webhook/program.cc and reconciler/program.cc.
//
//   Doorbell doorbell;                      // before other threads start: they inherit the signal mask
//   switch (doorbell.wait(250ms)) { ... }
#pragma once

#include <chrono>
#include <cstdint>

namespace modelgate::process {

class Doorbell {
 public:
  enum class Woken : std::uint8_t { kTime, kRung, kSignal };

  /// Blocks SIGTERM and SIGINT in this thread and the threads that it starts, and ignores SIGPIPE. Throws
  /// std::system_error.
  Doorbell();
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  /// From any thread. Several calls before the next wait() count once.
  void ring();

  /// Returns a signal before a ring, and each of them once.
  Woken wait(std::chrono::milliseconds longest);

 private:
  int signals_ = -1;
  int bell_ = -1;
};

}  // namespace modelgate::process
