// SPDX-License-Identifier: Apache-2.0
//
// How the InferenceServices of the cluster fare: what an admin would otherwise hear from their users.
#include <fmt/format.h>

#include "cli/doctor/checks.h"

namespace modelgate::cli {
namespace {

using Group = ServiceTally::Group;

/// "3 of 120 InferenceServices ...", and the first of them a line each.
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

/// Who holds the lease works, and may only have much to do.
void tell_behind(const ClusterPicture& picture, const ServiceTally& tally, Findings& out) {
  Words words{.found = listed(tally.behind, tally.all, "have an observedGeneration behind their generation")};
  words.command = reconciler_logs(picture);
  const auto lease = look_at_lease(picture, picture.names.ns, picture.names.reconciler);
  if (lease && lease->fresh) {
    words.cause =
        "the reconciler runs, and has not come to them for a minute: many services changed at "
        "once, or their writes fail";
    words.remedy =
        "run this again: the number falls where there is only much to do; the log names services "
        "whose writes fail";
    return out.warning(std::move(words));
  }
  words.cause = "nobody reconciles them: what their users changed has no effect";
  words.remedy = "see `reconciler`, `reconciler-lease` and `controllers` above";
  out.error(std::move(words));
}

}  // namespace

void check_services(const ClusterPicture& picture, Findings& out) {
  if (!out.could_read(picture, kube::kInferenceServices)) return;
  if (!picture.services) return out.skipped({.found = "they were not listed"});
  const ServiceTally& tally = *picture.services;
  if (tally.all == 0) return out.ok({.found = "there are none"});
  if (tally.behind.count > 0) tell_behind(picture, tally, out);
  if (tally.failed.count > 0) {
    out.warning({.found = listed(tally.failed, tally.all, "have failed"),
                 .cause = "a spec that cannot be realized, or a model that does not load; they serve nobody",
                 .remedy = "what the condition names; their owners can see it too",
                 .command = describe(tally.failed)});
  }
  if (tally.stuck.count > 0) {
    out.warning({.found = listed(tally.stuck, tally.all,
                                 fmt::format("are not Ready for more than {} minutes", kStuckAfter.count())),
                 .cause = "their Pods, routes or a missing node hold them up",
                 .remedy = "what the condition names",
                 .command = describe(tally.stuck)});
  }
  if (tally.deleting.count > 0) {
    out.warning(
        {.found = listed(tally.deleting, tally.all,
                         fmt::format("are being deleted for more than {} minutes", kStuckAfter.count())),
         .cause = "a finalizer holds them, and whoever set it does not run or may not take it away",
         .remedy = "see whose finalizers they are, and that its controller runs",
         .command = fmt::format("kubectl get inferenceservice -n {} {} "
                                "-o jsonpath={{.metadata.finalizers}}",
                                tally.deleting.first.empty() ? "" : tally.deleting.first[0].ns,
                                tally.deleting.first.empty() ? "" : tally.deleting.first[0].name)});
  }
  std::string rest;
  if (tally.stopped > 0) rest += fmt::format(", {} stopped", tally.stopped);
  if (tally.coming > 0) rest += fmt::format(", {} coming up", tally.coming);
  Words words{.found = fmt::format("{} of {} are Ready{}", tally.ready, tally.all, rest)};
  const bool all_well = tally.ready + tally.stopped + tally.coming == tally.all && tally.behind.count == 0;
  all_well ? out.ok(std::move(words)) : out.info(std::move(words));
}

}  // namespace modelgate::cli
