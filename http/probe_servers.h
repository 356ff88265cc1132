// SPDX-License-Identifier: Apache-2.0
//
// The listeners of both programs for probes and metrics, without TLS; one listener if both addresses are the
// same. Used by webhook/program.cc and reconciler/program.cc.
//
//   auto probes = ProbeServers::listen(flags.health, flags.metrics, [this] { return checks(); },
//                                      [this] { return metrics(); });
//   if (!probes) return fail(probes.error());
//   probes->start();
//
// The functions are called on the listeners' threads until this object is destroyed.
#pragma once

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
  /// Without an address that listener is disabled. `unhealthy`: see probes.h. The error is text for the user
  /// and names the flag.
  static std::expected<ProbeServers, std::string> listen(
      const std::optional<process::Address>& health, const std::optional<process::Address>& metrics,
      const std::function<std::vector<ReadyCheck>()>& checks,
      const std::function<std::string()>& metrics_text, const std::function<std::string()>& unhealthy = {});
  void start();

  /// The bound address, or "off".
  std::string health_address() const;
  std::string metrics_address() const;

 private:
  std::unique_ptr<Server> health_;
  std::unique_ptr<Server> metrics_;  // null: off, or at health_
  bool shared_ = false;
};

}  // namespace modelgate::http
