// SPDX-License-Identifier: Apache-2.0
//
// The thread of a program that belongs to the API server's client and the loops on it: everything of theirs
// happens there, so nothing of theirs needs a lock. Used by webhook/cluster.cc and reconciler/controller.cc.
//
//   LoopThread loop("cluster");
//   Client client(loop.context(), config);        // declared behind it: coroutines end with the context
//   spawn(loop.context(), "lease", [&] { return elector.run(); });
//   loop.start();
//   auto counts = loop.ask([&] { return client.counts(); });   // from another thread
//   loop.stop();                                  // before anything goes that a coroutine refers to
//
// A task that throws is a bug: it is logged, and the others go on.
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
  /// The name is the kernel's too, of which fifteen characters count.
  explicit LoopThread(std::string name) : name_(std::move(name)) {}
  ~LoopThread() { stop(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  asio::io_context& context() const { return context_; }

  void start();
  /// Ends it, whatever it is at, and waits for that. Not from the thread itself.
  void stop();

  /// What `question` comes to on this thread, for another one; nothing where it does not answer within
  /// kAnswerWait. Then it may still be called, so it refers to nothing of the caller's.
  template <class Question>
  std::optional<std::invoke_result_t<Question>> ask(Question question) const {
    auto promise = std::make_shared<std::promise<std::invoke_result_t<Question>>>();
    auto future = promise->get_future();
    asio::post(context_, [promise, question = std::move(question)] { promise->set_value(question()); });
    if (future.wait_for(kAnswerWait) != std::future_status::ready) return std::nullopt;
    return future.get();
  }

  /// For a scrape of the metrics, or a probe. The thread never works for longer than it takes to make a
  /// catalog.
  static constexpr std::chrono::milliseconds kAnswerWait{500};

 private:
  void run();

  std::string name_;
  mutable asio::io_context context_{1};
  std::thread thread_;
};

}  // namespace modelgate::kube
