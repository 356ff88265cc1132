// SPDX-License-Identifier: Apache-2.0
//
// Turns for a limited number of calls at the same time, fair between namespaces: while several namespaces wait,
// they get turns alternately, and none has more than its share. Used by webhook/cluster_facts.h for live reads.
//
//   const bool in_turn = co_await turns->take(ns, deadline);
//   if (!in_turn) co_return too_late();
//   const FairTurns::Turn turn(turns, ns);   // gives it back
//
// On the client's thread only.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "kube/client/task.h"

namespace modelgate::webhook {

class FairTurns {
 public:
  /// `all` turns at the same time, `each` of them for one namespace.
  FairTurns(std::size_t all, std::size_t each) : all_(all), each_(each) {}
  FairTurns(const FairTurns&) = delete;
  FairTurns& operator=(const FairTurns&) = delete;

  /// False if `until` passed first.
  kube::Task<bool> take(std::string ns, kube::SteadyTime until);

  /// Gives a turn back that was taken. Shares the object, because at the end of the program the coroutine may be
  /// destroyed after its owner.
  class Turn {
   public:
    Turn(std::shared_ptr<FairTurns> turns, std::string ns) : turns_(std::move(turns)), ns_(std::move(ns)) {}
    ~Turn() { turns_->give_back(ns_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    std::shared_ptr<FairTurns> turns_;
    std::string ns_;
  };

 private:
  struct Waiting {
    kube::Waiters woken;
    bool has_turn = false;
  };
  struct Line {
    std::size_t running = 0;
    std::deque<std::shared_ptr<Waiting>> waiting;
  };
  using Lines = std::map<std::string, Line>;

  void give_back(const std::string& ns);
  void give_turns();
  Lines::iterator next_line();
  void start(Lines::iterator line);
  void drop_if_idle(const std::string& ns);

  std::size_t all_, each_;
  std::size_t running_ = 0;
  Lines lines_;       // of namespaces that wait or have turns
  std::string last_;  // the namespace that got the last turn
};

}  // namespace modelgate::webhook
