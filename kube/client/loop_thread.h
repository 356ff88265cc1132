// SPDX-License-Identifier: Apache-2.0
//
// The thread that runs the API server's client and the loops on it, so that none of them needs a lock. Used
// by webhook/cluster.cc and reconciler/controller.cc.
//
//   LoopThread loop("cluster");
//   Client client(loop.context(), config);        // declared after it: coroutines end with the context
//   spawn(loop.context(), "lease", [&] { return elector.run(); });
//   loop.start();
//   auto counts = loop.ask([&] { return client.counts(); });   // from another thread
//   loop.stop();                                  // before the objects that its coroutines use are destroyed
//
// A task that throws is a bug: it is logged, and the others continue.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "kube/client/task.h"

namespace modelgate::kube {

class LoopThread {
 public:
  /// The kernel shows the first fifteen characters of the name.
  explicit LoopThread(std::string name) : name_(std::move(name)) {}
  ~LoopThread() { stop(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  asio::io_context& context() const { return context_; }

  void start();
  /// Stops the thread and waits for its end. Not from the thread itself.
  void stop();

  /// Calls `question` on this thread and returns its result to another thread; nothing if that takes longer
  /// than kAnswerWait. It may then be called later, so it must not refer to the caller's variables.
  template <class Question>
  std::optional<std::invoke_result_t<Question>> ask(Question question) const {
    auto promise = std::make_shared<std::promise<std::invoke_result_t<Question>>>();
    auto future = promise->get_future();
    asio::post(context_, [promise, question = std::move(question)] { promise->set_value(question()); });
    if (future.wait_for(kAnswerWait) != std::future_status::ready) return std::nullopt;
    return future.get();
  }

  /// For a metrics scrape or a probe. The longest task of the thread is building a catalog.
  static constexpr std::chrono::milliseconds kAnswerWait{500};

 private:
  void run();

  std::string name_;
  mutable asio::io_context context_{1};
  std::thread thread_;
};

}  // namespace modelgate::kube
