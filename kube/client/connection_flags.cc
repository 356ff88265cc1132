// SPDX-License-Identifier: Apache-2.0
#include "kube/client/connection_flags.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>
#include <random>
#include <utility>

#include "process/version.h"

namespace modelgate::kube {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

// The first that is not empty.
std::string first_of(std::initializer_list<std::string> texts) {
  const auto* found = std::ranges::find_if(texts, [](const std::string& text) { return !text.empty(); });
  return found == texts.end() ? std::string() : *found;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

void add_connection_flags(ConnectionFlags& flags, const ConnectionHelp& help,
                          std::vector<process::Flag>& table) {
  using process::set_name;
  using process::set_number;
  using process::set_text;
  constexpr const char* kCluster = kClusterGroup;
  table.insert(
      table.end(),
      {{kCluster, "--kubeconfig", "FILE", "the Pod's service account", help.kubeconfig,
        set_text(flags.kubeconfig)},
       {kCluster, "--kube-context", "NAME", "the current one",
        "context in the kubeconfig; without --kubeconfig, of $KUBECONFIG or ~/.kube/config",
        set_text(flags.context)},
       {kCluster, "--namespace", "NAME", "$POD_NAMESPACE", help.ns, set_name(flags.ns)},
       {kCluster, "--lease", "NAME", flags.lease, help.lease, set_name(flags.lease)},
       {kCluster, "--kube-api-qps", "COUNT", std::to_string(flags.qps), help.qps,
        set_number(flags.qps, 10'000, 1)},
       {kCluster, "--kube-api-burst", "COUNT", std::to_string(flags.burst),
        "calls to the API server that may exceed --kube-api-qps", set_number(flags.burst, 10'000, 1)}});
}

std::expected<Connection, std::string> connection(const ConnectionFlags& flags, std::string_view program) {
  ConfigSources sources;
  sources.kubeconfig = flags.kubeconfig;
  sources.context = flags.context;
  auto config = load_client_config(sources);
  if (!config) return std::unexpected("--kubeconfig, --kube-context: " + config.error());
  Connection connection;
  connection.ns = first_of({flags.ns, environment("POD_NAMESPACE"), config->namespace_, "kserve"});
  connection.instance = first_of({environment("POD_NAME"), host_name(), std::string(program)});
  connection.config = std::move(*config);
  connection.client.user_agent = fmt::format("{}/{}", program, process::version());
  connection.client.qps = flags.qps;
  connection.client.burst = flags.burst;
  return connection;
}

std::string lease_identity(std::string_view instance) {
  return fmt::format("{}_{:08x}", instance, std::random_device{}());
}

}  // namespace modelgate::kube
