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
    .kubeconfig = "kubeconfig of the cluster",
    .ns =
        "namespace of the ConfigMap inferenceservice-config and of the Lease; default: the service account's, the "
        "context's, or kserve",
    .lease = "name of the Lease; only its holder writes",
    .qps = "calls per second to the API server, except for the Lease",
};

void add_cluster_flags(Flags& flags, std::vector<Flag>& table) {
  constexpr const char* kCluster = kube::kClusterGroup;
  table.insert(
      table.end(),
      {{kCluster, "--watch-namespace", "NAME", "all",
        "reconcile only the InferenceServices of this namespace", set_name(flags.watch_namespace)},
       {kCluster, "--builtin-runtimes", "BOOL", "true",
        "create the built-in ClusterServingRuntimes, once, unless they exist; with false they are also not used",
        set_bool(flags.builtin_runtimes)},
       {kCluster, "--leader-elect", "", "",
        "default true; with false it runs without a Lease, and no second replica may run",
        set_bool(flags.leader_elect)}});
}

void add_running_flags(Flags& flags, std::vector<Flag>& table) {
  constexpr const char* kRunning = "Running";
  table.insert(
      table.end(),
      {{kRunning, "--workers", "COUNT", "8", "services that are reconciled at the same time",
        set_number(flags.workers, kMaxWorkers, 1)},
       {kRunning, "--resync,--sync-period", "DURATION", "10h", "full resync interval; 0 disables it",
        set_duration(flags.resync)},
       {kRunning, "--shutdown-timeout", "DURATION", "20s",
        "how long running reconciles may continue after SIGTERM", set_duration(flags.shutdown_timeout)},
       {kRunning, "--dry-run", "", "",
        "print once for every service what would be written, and write nothing, not even the Lease",
        set_bool(flags.dry_run)}});
}

}  // namespace

std::variant<Flags, process::FlagsEnd> parse_flags(int argc, const char* const* argv) {
  process::CommandLine line{
      .program = "modelgate-reconciler",
      .description = "Reconciles KServe's InferenceServices and updates their status.",
      .footer =
          "On SIGTERM it starts no more reconciles, waits up to --shutdown-timeout for the running ones, releases "
          "the Lease and exits. A second signal makes it exit at once.",
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
