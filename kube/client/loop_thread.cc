// SPDX-License-Identifier: Apache-2.0
#include "kube/client/loop_thread.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <exception>

#include "process/log.h"

namespace modelgate::kube {

void LoopThread::start() {
  thread_ = std::thread([this] { run(); });
}

void LoopThread::stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void LoopThread::run() {
  pthread_setname_np(pthread_self(), name_.c_str());
  const auto work = asio::make_work_guard(context_);
  while (!context_.stopped()) {
    try {
      context_.run();
    } catch (const std::exception& bug) {
      log::error("task failed", {{"thread", name_}, {"error", bug.what()}});
    }
  }
}

}  // namespace modelgate::kube
