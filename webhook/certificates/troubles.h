// SPDX-License-Identifier: Apache-2.0
//
// What a loop over the API server has to complain of: each thing once, and again when it is over, however
// often the loop comes round. Used by webhook/certificates/cluster_certificates.cc and
// webhook/certificates/registration.cc; one thread.
//
//   if (!secret) return troubles.tell("reading the Secret", secret.error().to_string());
//   troubles.end("reading the Secret");
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "process/log.h"

namespace modelgate::webhook {

class Troubles {
 public:
  void tell(const std::string& what, const std::string& why) {
    ++count_;
    std::string& told = told_[what];
    if (told == why) return;
    told = why;
    log::error("failed: " + what, {{"reason", why}});
  }

  void end(const std::string& what) {
    if (told_.erase(what) > 0) log::info("works again: " + what);
  }

  /// All there were, told or not.
  std::uint64_t count() const { return count_; }

 private:
  std::map<std::string, std::string> told_;
  std::uint64_t count_ = 0;
};

}  // namespace modelgate::webhook
