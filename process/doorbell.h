// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the main thread waits at: the signals that end us, and a bell that other threads ring when they have
// left something for it. Used by webhook/program.cc.
//
//   Doorbell doorbell;                      // before any other thread begins: they inherit the signal mask
//   switch (doorbell.wait(250ms)) { ... }

#include <chrono>
#include <cstdint>

namespace modelgate::process {

class Doorbell {
 public:
  enum class Woken : std::uint8_t { kTime, kRung, kSignal };

  // Blocks SIGTERM and SIGINT in this thread and those it starts, and ignores SIGPIPE. Throws
  // std::system_error where the kernel refuses.
  Doorbell();
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  // From any thread. Rung several times before somebody looks is rung once.
  void ring();

  // A signal goes before the bell, and each is told once.
  Woken wait(std::chrono::milliseconds longest);

 private:
  int signals_ = -1;
  int bell_ = -1;
};

}  // namespace modelgate::process
