// SPDX-License-Identifier: Apache-2.0
#include "kube/client/task.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <random>
#include <utility>

#include "process/log.h"

namespace modelgate::kube {
namespace {

constexpr std::chrono::seconds kRestartPause{1};

Task<void> run_forever(std::string name, std::function<Task<void>()> loop) {
  while (true) {
    std::string problem;
    try {
      co_await loop();
      co_return;
    } catch (const std::exception& e) {
      problem = e.what();
    }
    log::error("a loop failed and will be restarted", {{"loop", name}, {"reason", problem}});
    const bool slept = co_await sleep_for(kRestartPause);
    if (!slept) co_return;
  }
}

}  // namespace

void spawn(asio::io_context& context, std::string name, std::function<Task<void>()> loop) {
  asio::co_spawn(context, run_forever(std::move(name), std::move(loop)), asio::detached);
}

Task<bool> sleep_for(std::chrono::milliseconds time) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, time);
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

struct Waiters::Waiting {
  Waiting(const asio::any_io_executor& executor, SteadyTime until, std::list<Waiting*>& list)
      : timer(executor, until), home(&list) {
    place = home->insert(home->end(), this);
  }
  ~Waiting() {
    if (home) home->erase(place);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  void wake() {
    home->erase(place);
    home = nullptr;
    woken = true;
    timer.cancel();
  }

  asio::steady_timer timer;
  std::list<Waiting*>* home;  // null once woken
  std::list<Waiting*>::iterator place;
  bool woken = false;
};

Waiters::~Waiters() {
  wake_all();
}

Task<bool> Waiters::wait(SteadyTime until) {
  const auto executor = co_await asio::this_coro::executor;
  Waiting waiting(executor, until, waiting_);
  boost::system::error_code ignored;
  co_await waiting.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return waiting.woken;
}

void Waiters::wake_one() {
  if (!waiting_.empty()) waiting_.front()->wake();
}

void Waiters::wake_all() {
  while (!waiting_.empty()) waiting_.front()->wake();
}

std::chrono::milliseconds Backoff::next() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto whole = next_;
  next_ = std::min(next_ * 2, longest_);
  const double part = std::uniform_real_distribution<double>(0, jitter_)(random);
  return whole - std::chrono::duration_cast<std::chrono::milliseconds>(whole * part);
}

}  // namespace modelgate::kube
