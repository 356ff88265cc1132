// SPDX-License-Identifier: Apache-2.0
//
// The flags of a program that works in a cluster, and what they and the environment say of it. Used by
// webhook/flags.cc with webhook/cluster_options.cc, and by reconciler/flags.cc with its main.
//
//   struct ClusterFlags : kube::ConnectionFlags { ... };
//   add_connection_flags(flags.cluster, {.kubeconfig = "kubeconfig of the cluster to ...", ...}, table);
//   ... parse ...
//   auto connection = kube::connection(flags.cluster, "modelgate-webhook");
//   if (!connection) return fail(connection.error());
//   Client client(context, connection->config, connection->client);
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "kube/client/client.h"
#include "process/command_line.h"

namespace modelgate::kube {

struct ConnectionFlags {
  std::string kubeconfig = {};  // empty: as kube/client/client_config.h finds one
  std::string context = {};
  std::string ns = {};  // empty: see connection()
  std::string lease = {};
  int qps = 50;
  int burst = 100;
};

/// What each program says of these in --help.
struct ConnectionHelp {
  const char* kubeconfig;
  const char* ns;
  const char* lease;
  const char* qps;
};

/// The heading in --help, for the program's own flags too.
inline constexpr const char* kClusterGroup = "Cluster";

/// --kubeconfig, --kube-context, --namespace, --lease, --kube-api-qps, --kube-api-burst. What
/// `flags` hold are the defaults. Both must outlive the table.
void add_connection_flags(ConnectionFlags& flags, const ConnectionHelp& help,
                          std::vector<process::Flag>& table);

struct Connection {
  ClientConfig config;
  ClientOptions client;
  std::string ns;  // --namespace, else $POD_NAMESPACE, else the service account's or context's, else kserve
  std::string instance;  // this replica's name: $POD_NAME, else the host's
};

/// Reads the kubeconfig or the service account. `program` is for the user agent. The error is text for people
/// and names the flag.
std::expected<Connection, std::string> connection(const ConnectionFlags& flags, std::string_view program);

/// For leases: replicas may bear the same name where they are no Pods, so this adds a random part.
std::string lease_identity(std::string_view instance);

}  // namespace modelgate::kube
