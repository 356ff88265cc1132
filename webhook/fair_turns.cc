// SPDX-License-Identifier: Apache-2.0
#include "webhook/fair_turns.h"

#include <algorithm>
#include <utility>

namespace modelgate::webhook {

kube::Task<bool> FairTurns::take(std::string ns, kube::SteadyTime until) {
  const auto me = std::make_shared<Waiting>();
  lines_[ns].waiting.push_back(me);
  give_turns();
  if (!me->has_turn) co_await me->woken.wait(until);
  if (me->has_turn) co_return true;
  std::erase(lines_[ns].waiting, me);
  drop_if_idle(ns);
  co_return false;
}

void FairTurns::give_back(const std::string& ns) {
  --running_;
  --lines_[ns].running;
  drop_if_idle(ns);
  give_turns();
}

void FairTurns::give_turns() {
  while (running_ < all_) {
    const auto line = next_line();
    if (line == lines_.end()) return;
    start(line);
  }
}

/// The next namespace after the last one that waits and has not its share yet. At most `all_` lines are passed:
/// those that have turns.
FairTurns::Lines::iterator FairTurns::next_line() {
  const auto may_start = [&](const auto& line) {
    return !line.second.waiting.empty() && line.second.running < each_;
  };
  const auto after = lines_.upper_bound(last_);
  const auto found = std::find_if(after, lines_.end(), may_start);
  if (found != lines_.end()) return found;
  const auto before = std::find_if(lines_.begin(), after, may_start);
  return before == after ? lines_.end() : before;
}

void FairTurns::start(Lines::iterator line) {
  const auto first = std::move(line->second.waiting.front());
  line->second.waiting.pop_front();
  ++line->second.running;
  ++running_;
  last_ = line->first;
  first->has_turn = true;
  first->woken.wake_one();
}

void FairTurns::drop_if_idle(const std::string& ns) {
  const auto line = lines_.find(ns);
  if (line != lines_.end() && line->second.running == 0 && line->second.waiting.empty()) lines_.erase(line);
}

}  // namespace modelgate::webhook
