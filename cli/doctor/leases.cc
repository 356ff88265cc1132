// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/leases.h"

#include <fmt/format.h>

#include "cli/doctor/installation.h"
#include "cli/doctor/lease_state.h"
#include "cli/doctor/pods.h"
#include "cli/doctor/reconciler.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;

std::string renewed_text(const LeaseState& state) {
  if (state.record.renew_time.empty()) return "never";
  return state.age ? fmt::format("{} s ago, at {}", state.age->count(), state.record.renew_time)
                   : fmt::format("at {}", state.record.renew_time);
}

/// The Pod of "modelgate-reconciler-5d8c-x2x7_1f2e3d4c": a Pod name has no underscore.
std::string_view pod_of(std::string_view holder) {
  return holder.substr(0, holder.rfind('_'));
}

/// ", and that Pod does not exist"; empty if Pods could not be read.
std::string about_holder(const ClusterSnapshot& snapshot, std::string_view holder) {
  if (snapshot.error_about(kube::kPods, snapshot.names.ns)) return {};
  const ObjectView pod(snapshot.find(kube::kPods, snapshot.names.ns, pod_of(holder)));
  if (!pod) return ", and that Pod does not exist";
  return fmt::format(", and its Pod is {}",
                     pod.object("status").optional_string("phase").value_or("Unknown"));
}

}  // namespace

void check_lease(const ClusterSnapshot& snapshot, Findings& out) {
  if (!makes_own_certificates(snapshot)) {
    return out.ok({.found = "not used: certificates come from files or from cert-manager"});
  }
  const InstallationNames& names = snapshot.names;
  const auto state = lease_state(snapshot, names.ns, names.lease);
  Details details{.about = fmt::format("Lease {}/{}", names.ns, names.lease),
                  .cause = "no replica rotates certificates or writes the caBundle",
                  .remedy = "check that the webhook runs, and may get, create and update leases",
                  .command = fmt::format("kubectl logs -n {} deployment/{}", names.ns, names.service)};
  if (!state) {
    if (!out.could_read(snapshot, kube::kLeases, names.ns)) return;
    details.found = "does not exist";
    return out.error(std::move(details));
  }
  if (state->record.holder.empty()) {
    details.found = "no replica holds it";
    return out.error(std::move(details));
  }
  if (!state->fresh) {
    details.found = fmt::format("{} holds it, last renewed {}", state->record.holder, renewed_text(*state));
    return out.error(std::move(details));
  }
  out.ok({.found = fmt::format("{} holds it", state->record.holder)});
}

void check_reconciler_lease(const ClusterSnapshot& snapshot, Findings& out) {
  const InstallationNames& names = snapshot.names;
  const std::string about = fmt::format("Lease {}/{}", names.ns, names.reconciler);
  const auto state = lease_state(snapshot, names.ns, names.reconciler);
  if (!state && !out.could_read(snapshot, kube::kLeases, names.ns)) return;
  if (state && state->fresh) {
    const bool pod = snapshot.find(kube::kPods, names.ns, pod_of(state->record.holder)) != nullptr;
    if (pod || snapshot.error_about(kube::kPods, names.ns)) {
      return out.ok({.found = fmt::format("{} holds it", state->record.holder)});
    }
    return out.info(
        {.about = about,
         .found =
             fmt::format("{} holds it{}", state->record.holder, about_holder(snapshot, state->record.holder)),
         .cause = "the reconciler runs outside the cluster, or its Pod was deleted a moment ago"});
  }
  const ObjectView deployment(snapshot.find(kube::kDeployments, names.ns, names.reconciler));
  if (!deployment || replicas_of(deployment) == 0) {
    return out.ok({.found = "not used: our reconciler is not installed, or has 0 replicas"});
  }
  const std::int64_t ready = deployment.object("status").integer("readyReplicas").value_or(0);
  if (ready == 0) {
    return out.skipped({.about = about, .found = "no replica is ready to hold it"});
  }
  Details details{
      .about = about,
      .cause = "no InferenceService is reconciled; running models keep serving",
      .remedy =
          "check that the reconciler reaches the API server, and may get, create and update leases "
          "(`reconciler-permissions`)",
      .command = reconciler_logs(snapshot)};
  if (!state) {
    details.found = fmt::format("does not exist, although {} replicas are ready", ready);
  } else if (state->record.holder.empty()) {
    details.found = fmt::format("no replica holds it, although {} are ready", ready);
  } else {
    details.found = fmt::format("{} holds it, last renewed {}{}; {} replicas are ready, and none acquires it",
                                state->record.holder, renewed_text(*state),
                                about_holder(snapshot, state->record.holder), ready);
  }
  out.error(std::move(details));
}

}  // namespace modelgate::cli
