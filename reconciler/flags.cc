// SPDX-License-Identifier: Apache-2.0
#include "reconciler/flags.h"

#include <utility>
#include <vector>

namespace modelgate::reconciler {
namespace {

using process::Flag;
using process::set_bool;
using process::set_duration;
using process::set_name;
using process::set_number;

constexpr kube::ConnectionHelp kConnectionHelp{
    .kubeconfig = "kubeconfig of the cluster to work in",
    .ns =
        "namespace of the ConfigMap inferenceservice-config and of our Lease; else the service account's, "
        "the "
        "context's, kserve",
    .lease = "Lease; its holder alone writes",
    .qps = "calls a second to the API server; leases are not held to it",
};

void add_cluster_flags(Flags& flags, std::vector<Flag>& table) {
  constexpr const char* kCluster = kube::kClusterGroup;
  table.insert(
      table.end(),
      {{kCluster, "--watch-namespace", "NAME", "all",
        "look after the InferenceServices of this namespace only", set_name(flags.watch_namespace)},
       {kCluster, "--builtin-runtimes", "BOOL", "true",
        "make the built-in runtimes, once, where the cluster has none of the same name; false leaves "
        "them out",
        set_bool(flags.builtin_runtimes)},
       {kCluster, "--leader-elect", "", "",
        "on unless it is false: then this works without a Lease, and no second one may run beside it",
        set_bool(flags.leader_elect)}});
}

void add_running_flags(Flags& flags, std::vector<Flag>& table) {
  constexpr const char* kRunning = "Running";
  table.insert(table.end(),
               {{kRunning, "--workers", "COUNT", "8", "services that are worked on at the same time",
                 set_number(flags.workers, kMaxWorkers, 1)},
                {kRunning, "--resync,--sync-period", "DURATION", "10h",
                 "how often every service is looked at again though nothing has changed; 0 is never",
                 set_duration(flags.resync)},
                {kRunning, "--shutdown-timeout", "DURATION", "20s",
                 "how long what is under way may go on after SIGTERM", set_duration(flags.shutdown_timeout)},
                {kRunning, "--dry-run", "", "",
                 "tell what would be written, for every service once, and write nothing, no Lease either",
                 set_bool(flags.dry_run)}});
}

}  // namespace

std::variant<Flags, process::FlagsEnd> parse_flags(int argc, const char* const* argv) {
  process::CommandLine line{
      .program = "modelgate-reconciler",
      .description = "Makes what serves KServe's InferenceServices, keeps it so, and writes their status.",
      .footer =
          "SIGTERM ends it: nothing new is begun, what is under way is finished or given up when "
          "--shutdown-timeout is over, and the Lease is handed back. A second one ends it at once.",
      .flags = {}};
  Flags flags;
  process::LogFlags log;
  process::add_listener_flags(flags, line.flags);
  kube::add_connection_flags(flags.cluster, kConnectionHelp, line.flags);
  add_cluster_flags(flags, line.flags);
  add_running_flags(flags, line.flags);
  process::add_log_flags(log, line.flags);
  if (auto end = process::parse(line, argc, argv)) return *std::move(end);
  flags.log = log.options();
  return flags;
}

}  // namespace modelgate::reconciler
