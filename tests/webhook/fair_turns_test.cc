// SPDX-License-Identifier: Apache-2.0
#include "webhook/fair_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace modelgate::webhook {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class FairTurnsTest : public testing::Test {
 protected:
  /// Takes a turn, and gives it back when the test says so.
  kube::Task<void> work(std::string ns, std::chrono::milliseconds patience) {
    const bool in_turn = co_await turns_->take(ns, std::chrono::steady_clock::now() + patience);
    if (!in_turn) {
      gave_up_.push_back(ns);
      co_return;
    }
    const FairTurns::Turn turn(turns_, ns);
    started_.push_back(ns);
    co_await release_.wait(std::chrono::steady_clock::now() + 1min);
  }

  void start(const std::string& ns, int count, std::chrono::milliseconds patience = 1min) {
    for (int i = 0; i < count; ++i) kube::asio::co_spawn(context_, work(ns, patience), kube::asio::detached);
    run();
  }

  /// Ends the turn that has been taken first.
  void release_one() {
    release_.wake_one();
    run();
  }

  void run() {
    context_.restart();
    context_.poll();
  }

  std::shared_ptr<FairTurns> turns_ = std::make_shared<FairTurns>(4, 2);
  std::vector<std::string> started_, gave_up_;
  kube::Waiters release_;
  kube::asio::io_context context_{1};
};

TEST_F(FairTurnsTest, ANamespaceHasAtMostItsShare) {
  start("a", 5);
  EXPECT_THAT(started_, ElementsAre("a", "a"));
  release_one();
  EXPECT_THAT(started_, ElementsAre("a", "a", "a"));
}

TEST_F(FairTurnsTest, AnotherNamespaceStartsAtOnce) {
  start("a", 5);
  start("b", 1);
  EXPECT_THAT(started_, ElementsAre("a", "a", "b"));
}

TEST_F(FairTurnsTest, AllTogetherHaveALimitAndThenAlternate) {
  start("a", 3);
  start("b", 3);
  start("c", 2);
  EXPECT_THAT(started_, ElementsAre("a", "a", "b", "b"));
  for (int i = 0; i < 4; ++i) release_one();
  EXPECT_THAT(started_, ElementsAre("a", "a", "b", "b", "c", "a", "b", "c"));
}

TEST_F(FairTurnsTest, WhoWaitsTooLongGetsNoTurnAndTakesNone) {
  start("a", 2);
  start("a", 1, 0ms);
  context_.restart();
  context_.run_for(50ms);
  EXPECT_THAT(gave_up_, ElementsAre("a"));
  start("a", 1);
  release_one();
  EXPECT_THAT(started_, ElementsAre("a", "a", "a"));
}

}  // namespace
}  // namespace modelgate::webhook
