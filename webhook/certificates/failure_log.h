// SPDX-License-Identifier: Apache-2.0
//
// Logs the failures of a loop: each once, and once more when it is over, however often the loop repeats it.
// Used by the classes of this folder; one thread.
//
//   if (!secret) return failures.failed("reading the Secret", secret.error().to_string());
//   failures.succeeded("reading the Secret");
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "process/log.h"

namespace modelgate::webhook {

class FailureLog {
 public:
  void failed(const std::string& action, const std::string& reason) {
    ++count_;
    std::string& logged = logged_[action];
    if (logged == reason) return;
    logged = reason;
    log::error("failed: " + action, {{"reason", reason}});
  }

  void succeeded(const std::string& action) {
    if (logged_.erase(action) > 0) log::info("recovered: " + action);
  }

  /// All failures, logged or not.
  std::uint64_t count() const { return count_; }

 private:
  std::map<std::string, std::string> logged_;  // the reason, by action
  std::uint64_t count_ = 0;
};

}  // namespace modelgate::webhook
