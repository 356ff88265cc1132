// SPDX-License-Identifier: Apache-2.0
#include "kube/event_correlator.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/text/printable.h"
#include "spec/text/utf8.h"

namespace modelgate::kube {
namespace {

/// Separates the parts of a key. None of them can contain it.
constexpr char kSeparator = '\x1f';

}  // namespace

std::optional<EventWrite> EventCorrelator::take(EventText event, Time now, std::string_view wall) {
  const std::string group =
      fmt::format("{}{}{}{}{}", event.object, kSeparator, event.type, kSeparator, event.reason);
  const bool many = is_one_of_many(group, event.message, now);
  std::string key = many ? group : fmt::format("{}{}{}", group, kSeparator, event.message);
  if (many) event.message = fmt::format("(combined from similar events): {}", event.message);
  Counted& counted = counted_[key];
  if (counted.count++ == 0) counted.first_seen = wall;
  if (!spend(event.object, now)) return std::nullopt;
  return EventWrite{.key = std::move(key),
                    .message = text::truncate_to_fit(text::on_one_line(event.message), kMaxEventMessage),
                    .count = counted.count,
                    .first_seen = counted.first_seen};
}

/// Counts distinct messages. The count starts again after kTogether without an event.
bool EventCorrelator::is_one_of_many(const std::string& group, const std::string& message, Time now) {
  Group& seen = groups_[group];
  if (now - seen.last > kTogether) seen.messages.clear();
  seen.last = now;
  if (seen.messages.contains(message)) return false;
  if (seen.messages.size() >= kDistinctEvents) return true;
  seen.messages.insert(message);
  return false;
}

bool EventCorrelator::spend(const std::string& object, Time now) {
  Budget& budget = budgets_[object];
  if (budget.at != Time{}) {
    const std::chrono::duration<double> passed = now - budget.at;
    budget.tokens = std::min(kBurst, budget.tokens + passed / std::chrono::duration<double>(kRefill));
  }
  budget.at = now;
  if (budget.tokens < 1) return false;
  budget.tokens -= 1;
  return true;
}

}  // namespace modelgate::kube
