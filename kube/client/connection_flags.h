// SPDX-License-Identifier: Apache-2.0
//
// Flags of a program that runs in a cluster, and the connection that they and the environment describe. Used
// by webhook/flags.cc, webhook/cluster_options.cc and reconciler/flags.cc.
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
  std::string kubeconfig = {};  // empty: see kube/client/client_config.h
  std::string context = {};
  std::string ns = {};  // empty: see connection()
  std::string lease = {};
  int qps = 50;
  int burst = 100;
};

/// The help texts that differ between programs.
struct ConnectionHelp {
  const char* kubeconfig;
  const char* ns;
  const char* lease;
  const char* qps;
};

/// The heading in --help.
inline constexpr const char* kClusterGroup = "Cluster";

/// Adds --kubeconfig, --kube-context, --namespace, --lease, --kube-api-qps and --kube-api-burst. The values
/// in `flags` are the defaults. `flags` and `help` must outlive the table.
void add_connection_flags(ConnectionFlags& flags, const ConnectionHelp& help,
                          std::vector<process::Flag>& table);

struct Connection {
  ClientConfig config;
  ClientOptions client;
  std::string ns;  // --namespace, else $POD_NAMESPACE, else the service account's or context's, else kserve
  std::string instance;  // this replica's name: $POD_NAME, else the host name
};

/// Reads the kubeconfig or the service account. `program` becomes part of the user agent. The error is text
/// for the user and names the flag.
std::expected<Connection, std::string> connection(const ConnectionFlags& flags, std::string_view program);

/// The identity for a Lease. Replicas outside of Pods may have the same name, so it has a random part.
std::string lease_identity(std::string_view instance);

}  // namespace modelgate::kube
