// SPDX-License-Identifier: Apache-2.0
#pragma once

// The plain listeners that every program of ours has, for probes and for metrics; one where both addresses
// are the same. Used by the programs' mains.
//
//   auto probes = ProbeServers::listen(flags.health, flags.metrics, [this] { return checks(); },
//                                      [this] { return metrics(); });
//   if (!probes) return fail(probes.error());
//   probes->start();
//
// The functions are called on the listeners' threads, until this is destroyed.

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/probes.h"
#include "http/server.h"

namespace modelgate::http {

class ProbeServers {
 public:
  // `ailing`: why /healthz is to fail, empty while it is not (probes.h).
  // No address: that one is turned off. The error is text for people and names the flag.
  static std::expected<ProbeServers, std::string> listen(
      const std::optional<process::Address>& health, const std::optional<process::Address>& metrics,
      const std::function<std::vector<ReadyCheck>()>& checks,
      const std::function<std::string()>& metrics_text, const std::function<std::string()>& ailing = {});
  void start();

  // As bound, or "off".
  std::string health_address() const;
  std::string metrics_address() const;

 private:
  std::unique_ptr<Server> health_;
  std::unique_ptr<Server> metrics_;  // null: off, or at health_
  bool shared_ = false;
};

}  // namespace modelgate::http
