// SPDX-License-Identifier: Apache-2.0
//
// The conditions of a service's status while it is computed. Used by status.cc and the files that it calls; the
// reconciler's Events use the names of conditions.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "spec/json.h"
#include "spec/view.h"

namespace modelgate::workload {

/// The condition that exists while the current generation cannot be applied and an earlier one was Ready: whether
/// that one still serves.
inline constexpr std::string_view kPreviousVersion = "PreviousVersionReady";

/// A condition without its type and time.
struct ConditionState {
  std::string_view status = "Unknown";  // "True", "False", "Unknown"
  std::string reason;
  std::string message;
  bool is_true() const { return status == "True"; }
};

class Conditions {
 public:
  /// `old_status` is the status that the service has now.
  explicit Conditions(spec::ObjectView old_status) : old_status_(old_status) {}

  void set(std::string_view type, ConditionState state);
  bool has(std::string_view type) const { return states_.contains(type); }
  /// Unknown, without a reason, if it was not set.
  ConditionState get(std::string_view type) const;
  /// The condition in the old status; absent if there is none.
  spec::ObjectView old(std::string_view type) const;
  /// Copies from the old status each condition that was not set, except Ready.
  void retain_old();

  /// Sorted by type. `lastTransitionTime` is `now` (RFC 3339) only if the status of the condition changed.
  spec::Value to_value(std::string_view now, spec::Arena& arena) const;

 private:
  std::string_view transition_time(std::string_view type, std::string_view status,
                                   std::string_view now) const;

  spec::ObjectView old_status_;
  std::map<std::string, ConditionState, std::less<>> states_;
};

}  // namespace modelgate::workload
