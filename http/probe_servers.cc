// SPDX-License-Identifier: Apache-2.0
#include "http/probe_servers.h"

#include <utility>

namespace modelgate::http {

std::expected<ProbeServers, std::string> ProbeServers::listen(
    const std::optional<process::Address>& health, const std::optional<process::Address>& metrics,
    const std::function<std::vector<ReadyCheck>()>& checks, const std::function<std::string()>& metrics_text,
    const std::function<std::string()>& unhealthy) {
  const auto listen_plain = [&](const process::Address& address, ProbePaths paths) {
    const auto make_handler = [checks, metrics_text, unhealthy, paths] {
      return std::make_unique<ProbeHandler>(paths, checks(), metrics_text, unhealthy);
    };
    return Server::listen({.address = address}, make_handler, nullptr);
  };
  ProbeServers servers;
  servers.shared_ = health && metrics && health->port != 0 && health->to_text() == metrics->to_text();
  if (health) {
    auto server = listen_plain(*health, {.health = true, .metrics = servers.shared_});
    if (!server) return std::unexpected("--health-probe-bind-address: " + server.error());
    servers.health_ = std::move(*server);
  }
  if (metrics && !servers.shared_) {
    auto server = listen_plain(*metrics, {.health = false, .metrics = true});
    if (!server) return std::unexpected("--metrics-bind-address: " + server.error());
    servers.metrics_ = std::move(*server);
  }
  return servers;
}

void ProbeServers::start() {
  if (health_) health_->start();
  if (metrics_) metrics_->start();
}

std::string ProbeServers::health_address() const {
  return health_ ? health_->address().to_text() : "off";
}

std::string ProbeServers::metrics_address() const {
  if (metrics_) return metrics_->address().to_text();
  return shared_ ? health_address() : "off";
}

}  // namespace modelgate::http
