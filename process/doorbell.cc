// SPDX-License-Identifier: Apache-2.0
#include "process/doorbell.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace modelgate::process {
namespace {

int checked(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return descriptor;
}

}  // namespace

Doorbell::Doorbell() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  signals_ = checked(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
  bell_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
}

Doorbell::~Doorbell() {
  ::close(bell_);
  ::close(signals_);
}

void Doorbell::ring() {
  const std::uint64_t one = 1;
  (void)!::write(bell_, &one, sizeof one);  // fails only after 2^64 calls
}

Doorbell::Woken Doorbell::wait(std::chrono::milliseconds longest) {
  std::array<pollfd, 2> either{pollfd{signals_, POLLIN, 0}, pollfd{bell_, POLLIN, 0}};
  ::poll(either.data(), either.size(), static_cast<int>(longest.count()));
  signalfd_siginfo signal;
  if (::read(signals_, &signal, sizeof signal) == sizeof signal) return Woken::kSignal;
  std::uint64_t rung = 0;
  return ::read(bell_, &rung, sizeof rung) == sizeof rung ? Woken::kRung : Woken::kTime;
}

}  // namespace modelgate::process
