// SPDX-License-Identifier: Apache-2.0
#include "reconciler/queue/work_queue.h"

#include <algorithm>
#include <iterator>
#include <ranges>

namespace modelgate::reconciler {

void WorkQueue::add_at(const ServiceKey& key, Priority priority, SteadyTime when, SteadyTime now) {
  const auto it = items_.try_emplace(key).first;
  Item& item = it->second;
  const SteadyTime due = std::max(when, now);
  if (item.working) {
    if (!item.again) {
      ++adds_;
      item.again = Place{due, next_number_++, &it->first};
      item.again_priority = priority;
    }
    item.again->due = std::min(item.again->due, due);
    item.again_priority = std::max(item.again_priority, priority);
    return;
  }
  if (!item.in_line) {
    ++adds_;
    item.place = {due, next_number_++, &it->first};
    item.priority = priority;
    return get_in_line(item);
  }
  if (item.priority >= priority && item.place.due <= due) return;
  leave_line(item);
  item.place.due = std::min(item.place.due, due);
  item.priority = std::max(item.priority, priority);
  get_in_line(item);
}

std::chrono::milliseconds WorkQueue::add_after_failure(const ServiceKey& key, SteadyTime now) {
  const auto [it, is_new] = items_.try_emplace(key);
  Item& item = it->second;
  const Priority priority = is_new ? Priority::kChange : item.priority;
  std::chrono::milliseconds delay = kFirstDelay;
  for (unsigned i = 0; i < item.failures && delay < kLongestDelay; ++i) delay *= 2;
  if (delay < kLongestDelay) ++item.failures;
  delay = std::min<std::chrono::milliseconds>(delay, kLongestDelay);
  ++retries_;
  add_at(key, priority, now + delay, now);
  return delay;
}

void WorkQueue::forget(const ServiceKey& key) {
  const auto it = items_.find(key);
  if (it == items_.end()) return;
  it->second.failures = 0;
  drop_if_idle(it);
}

std::optional<ServiceKey> WorkQueue::take(SteadyTime now) {
  make_ready(now);
  Line* const line = next_line();
  if (!line) return std::nullopt;
  ServiceKey key = *line->begin()->key;
  Item& item = items_.at(key);
  leave_line(item);
  item.working = true;
  item.taken = now;
  ++working_;
  last_wait_ = now - item.place.due;
  return key;
}

void WorkQueue::done(const ServiceKey& key, SteadyTime now) {
  const auto it = items_.find(key);
  if (it == items_.end() || !it->second.working) return;
  Item& item = it->second;
  item.working = false;
  --working_;
  if (!item.again) return drop_if_idle(it);
  item.place = *item.again;
  item.place.due = std::max(item.place.due, now);
  item.priority = item.again_priority;
  item.again.reset();
  get_in_line(item);
}

std::optional<SteadyTime> WorkQueue::next_due() const {
  std::optional<SteadyTime> out;
  const auto consider = [&out](const Line& line) {
    if (!line.empty() && (!out || line.begin()->due < *out)) out = line.begin()->due;
  };
  for (const Line& line : ready_) consider(line);
  consider(waiting_);
  return out;
}

QueueCounts WorkQueue::counts(SteadyTime now) const {
  QueueCounts out{.adds = adds_, .retries = retries_, .depth = waiting_.size(), .working = working_};
  for (const Line& line : ready_) out.depth += line.size();
  if (working_ == 0) return out;
  for (const Item& item : items_ | std::views::values) {
    if (!item.working) continue;
    out.longest_running = std::max<std::chrono::nanoseconds>(out.longest_running, now - item.taken);
    out.unfinished += now - item.taken;
  }
  return out;
}

void WorkQueue::get_in_line(Item& item) {
  item.in_line = true;
  item.ready = false;  // take() has the time
  waiting_.insert(item.place);
}

void WorkQueue::leave_line(Item& item) {
  Line& line = item.ready ? ready_[static_cast<std::size_t>(item.priority)] : waiting_;
  line.erase(item.place);
  item.in_line = item.ready = false;
}

void WorkQueue::make_ready(SteadyTime now) {
  while (!waiting_.empty() && waiting_.begin()->due <= now) {
    auto node = waiting_.extract(waiting_.begin());
    Item& item = items_.at(*node.value().key);
    item.ready = true;
    ready_[static_cast<std::size_t>(item.priority)].insert(std::move(node));
  }
}

/// The line with the highest priority, or the one whose key has been passed over often enough.
WorkQueue::Line* WorkQueue::next_line() {
  Line* highest = nullptr;
  Line* oldest = nullptr;
  for (Line& line : ready_) {
    if (line.empty()) continue;
    highest = &line;
    if (!oldest || *line.begin() < *oldest->begin()) oldest = &line;
  }
  if (highest == oldest || passed_over_ == kPassedOver) {
    passed_over_ = 0;
    return oldest;
  }
  ++passed_over_;
  return highest;
}

void WorkQueue::drop_if_idle(Items::iterator it) {
  const Item& item = it->second;
  if (!item.in_line && !item.working && item.failures == 0) items_.erase(it);
}

}  // namespace modelgate::reconciler
