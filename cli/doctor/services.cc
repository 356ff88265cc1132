// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/services.h"

#include <fmt/format.h>

#include "cli/doctor/lease_state.h"
#include "cli/doctor/reconciler.h"

namespace modelgate::cli {
namespace {

using Group = ServiceTally::Group;

/// "3 of 120 InferenceServices ...", then one line for each of the first.
std::string listed(const Group& group, std::size_t all, std::string_view what) {
  std::string out = fmt::format("{} of {} InferenceServices {}", group.count, all, what);
  for (const ServiceTally::Named& service : group.first) {
    out += fmt::format("\n{}{}{}", service.to_string(), service.why.empty() ? "" : ": ", service.why);
  }
  if (group.count > group.first.size()) {
    out += fmt::format("\nand {} more", group.count - group.first.size());
  }
  return out;
}

std::string describe(const Group& group) {
  if (group.first.empty()) return "kubectl get inferenceservices -A";
  return fmt::format("kubectl describe inferenceservice -n {} {}", group.first[0].ns, group.first[0].name);
}

/// A reconciler that holds its Lease may only be busy.
void report_outdated(const ClusterSnapshot& snapshot, const ServiceTally& tally, Findings& out) {
  Details details{.found = listed(tally.outdated, tally.all,
                                  "have an outdated status (observedGeneration is lower than generation)")};
  details.command = reconciler_logs(snapshot);
  const auto lease = lease_state(snapshot, snapshot.names.ns, snapshot.names.reconciler);
  if (lease && lease->fresh) {
    details.cause =
        "the reconciler runs, but has not reconciled them for a minute: many services changed at "
        "once, or its writes fail";
    details.remedy =
        "run this again: if the reconciler is only busy, the number falls; the log names services whose "
        "writes "
        "fail";
    return out.warning(std::move(details));
  }
  details.cause = "they are not reconciled: changes have no effect";
  details.remedy = "see `reconciler`, `reconciler-lease` and `controllers` above";
  out.error(std::move(details));
}

}  // namespace

void check_services(const ClusterSnapshot& snapshot, Findings& out) {
  if (!out.could_read(snapshot, kube::kInferenceServices)) return;
  if (!snapshot.services) return out.skipped({.found = "could not be listed"});
  const ServiceTally& tally = *snapshot.services;
  if (tally.all == 0) return out.ok({.found = "none in the cluster"});
  if (tally.outdated.count > 0) report_outdated(snapshot, tally, out);
  if (tally.failed.count > 0) {
    out.warning(
        {.found = listed(tally.failed, tally.all, "have failed"),
         .cause = "a spec that cannot be realized, or a model that does not load; they receive no traffic",
         .remedy = "fix what the condition names; the owners of the services see it too",
         .command = describe(tally.failed)});
  }
  if (tally.stuck.count > 0) {
    out.warning({.found = listed(tally.stuck, tally.all,
                                 fmt::format("are not Ready for more than {} minutes", kStuckAfter.count())),
                 .cause = "they wait for Pods, routes or a node",
                 .remedy = "fix what the condition names",
                 .command = describe(tally.stuck)});
  }
  if (tally.deleting.count > 0) {
    out.warning(
        {.found = listed(tally.deleting, tally.all,
                         fmt::format("have been in deletion for more than {} minutes", kStuckAfter.count())),
         .cause = "a finalizer blocks them, and its controller does not run or may not remove it",
         .remedy = "find the controller of the finalizer, and check that it runs",
         .command = fmt::format("kubectl get inferenceservice -n {} {} "
                                "-o jsonpath={{.metadata.finalizers}}",
                                tally.deleting.first.empty() ? "" : tally.deleting.first[0].ns,
                                tally.deleting.first.empty() ? "" : tally.deleting.first[0].name)});
  }
  std::string rest;
  if (tally.stopped > 0) rest += fmt::format(", {} stopped", tally.stopped);
  if (tally.starting > 0) rest += fmt::format(", {} starting", tally.starting);
  Details details{.found = fmt::format("{} of {} are Ready{}", tally.ready, tally.all, rest)};
  const bool all_well =
      tally.ready + tally.stopped + tally.starting == tally.all && tally.outdated.count == 0;
  all_well ? out.ok(std::move(details)) : out.info(std::move(details));
}

}  // namespace modelgate::cli
