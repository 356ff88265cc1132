// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/reconciler.h"

#include <fmt/format.h>

#include "cli/doctor/api_server.h"
#include "cli/doctor/installation.h"
#include "cli/doctor/lease_state.h"
#include "cli/doctor/pods.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

constexpr std::string_view kInPlace = "deploy/overlays/in-place-of-kserve";

ObjectView our_deployment(const ClusterSnapshot& snapshot) {
  return ObjectView(snapshot.find(kube::kDeployments, snapshot.names.ns, snapshot.names.reconciler));
}

std::string scale(std::string_view ns, std::string_view name, int replicas) {
  return fmt::format("kubectl scale deployment -n {} {} --replicas {}", ns, name, replicas);
}

std::string scale_up(const ClusterSnapshot& snapshot) {
  return scale(snapshot.names.ns, snapshot.names.reconciler, 2);
}

/// KServe's controller, found by its Deployment or its Lease.
struct KserveController {
  std::string ns;
  std::string what;  // "Deployment kserve/kserve-controller-manager (replicas: 1)"
};

std::optional<KserveController> kserve_controller(const ClusterSnapshot& snapshot) {
  for (const Value* value : snapshot.all(kube::kDeployments)) {
    const ObjectView deployment(value);
    const ObjectView metadata = deployment.object("metadata");
    if (metadata.string("name") != kKserveController || replicas_of(deployment) == 0) continue;
    return KserveController{
        .ns = std::string(metadata.string("namespace")),
        .what = fmt::format("{} (replicas: {})", deployment_name(deployment), replicas_of(deployment))};
  }
  for (const Value* value : snapshot.all(kube::kLeases)) {
    const ObjectView metadata = ObjectView(value).object("metadata");
    if (metadata.string("name") != kKserveLease) continue;
    const auto state = lease_state(snapshot, metadata.string("namespace"), kKserveLease);
    if (!state || !state->fresh) continue;
    return KserveController{.ns = std::string(metadata.string("namespace")),
                            .what = fmt::format("{} holds the Lease {}/{}", state->record.holder,
                                                metadata.string("namespace"), kKserveLease)};
  }
  return std::nullopt;
}

/// Our running reconciler; empty if there is none.
std::string our_controller(const ClusterSnapshot& snapshot) {
  const ObjectView deployment = our_deployment(snapshot);
  if (deployment && replicas_of(deployment) > 0)
    return fmt::format("{} (replicas: {})", deployment_name(deployment), replicas_of(deployment));
  const auto state = lease_state(snapshot, snapshot.names.ns, snapshot.names.reconciler);
  if (!state || !state->fresh) return {};
  return fmt::format("{} holds the Lease {}/{}", state->record.holder, snapshot.names.ns,
                     snapshot.names.reconciler);
}

/// Another reconciler of ours in another namespace, which has its own Lease.
std::optional<ObjectView> second_reconciler(const ClusterSnapshot& snapshot) {
  for (const Value* value : snapshot.all(kube::kDeployments)) {
    const ObjectView deployment(value);
    const ObjectView metadata = deployment.object("metadata");
    const bool other = metadata.string("name") == snapshot.names.reconciler &&
                       metadata.string("namespace") != snapshot.names.ns;
    if (other && replicas_of(deployment) > 0) return deployment;
  }
  return std::nullopt;
}

// ---- its Deployment

/// The digest of an image reference, else its tag. The registry is ignored: mirrors differ.
std::string_view version_of(std::string_view image) {
  if (const std::size_t at = image.rfind('@'); at != std::string_view::npos) return image.substr(at + 1);
  const std::size_t colon = image.rfind(':');
  const std::size_t slash = image.rfind('/');
  const bool tagged = colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  return tagged ? image.substr(colon + 1) : std::string_view("latest");
}

void check_image(const ObjectView& deployment, const ClusterSnapshot& snapshot, Findings& out) {
  const ObjectView webhook(snapshot.find(kube::kDeployments, snapshot.names.ns, snapshot.names.service));
  const ObjectView container = first_container_of(deployment);
  const std::string_view ours = container.string("image");
  const std::string_view theirs = first_container_of(webhook).string("image");
  if (!webhook || version_of(ours) == version_of(theirs)) return;
  out.warning({.about = deployment_name(deployment),
               .found = fmt::format("its image is {}, but the webhook's is {}", ours, theirs),
               .cause = "admission and reconciliation may follow different rules",
               .remedy = "run the same version of both: apply the installation again, or",
               .command = fmt::format("kubectl set image -n {} deployment/{} {}={}", snapshot.names.ns,
                                      snapshot.names.reconciler, container.string("name"), theirs)});
}

void check_available(const ObjectView& deployment, const ClusterSnapshot& snapshot, Findings& out) {
  const std::int64_t wanted = replicas_of(deployment);
  const std::int64_t available = deployment.object("status").integer("availableReplicas").value_or(0);
  if (available >= wanted) {
    return out.ok({.found = fmt::format("{} of {} replicas are available, version {}", available, wanted,
                                        version_of(first_container_of(deployment).string("image")))});
  }
  Details details{
      .about = deployment_name(deployment),
      .found = fmt::format("{} of {} replicas are available", available, wanted),
      .cause = available == 0 ? "InferenceServices are stored but not reconciled; running models keep serving"
                              : "if the leader fails, no replica takes over at once",
      .remedy = "find the reason in the Pods",
      .command =
          fmt::format("kubectl describe deployment -n {} {}", snapshot.names.ns, snapshot.names.reconciler)};
  available == 0 ? out.error(std::move(details)) : out.warning(std::move(details));
}

}  // namespace

std::string reconciler_logs(const ClusterSnapshot& snapshot) {
  return fmt::format("kubectl logs -n {} -l app.kubernetes.io/name={} --prefix --tail 50", snapshot.names.ns,
                     snapshot.names.reconciler);
}

void check_reconciler(const ClusterSnapshot& snapshot, Findings& out) {
  const InstallationNames& names = snapshot.names;
  const ObjectView deployment = our_deployment(snapshot);
  const auto theirs = kserve_controller(snapshot);
  if (!deployment) {
    if (!out.could_read(snapshot, kube::kDeployments, names.ns)) return;
    return out.info(
        {.about = fmt::format("Deployment {}/{}", names.ns, names.reconciler),
         .found = "not installed",
         .cause = theirs ? fmt::format("KServe's controller reconciles InferenceServices: {}", theirs->what)
                         : "our reconciler does not reconcile InferenceServices; see `controllers`",
         .remedy = theirs ? fmt::format("nothing to do; {} describes how to switch to ours", kInPlace)
                          : "install it",
         .command = theirs ? std::string() : std::string(kInstallCommand)});
  }
  if (replicas_of(deployment) == 0) {
    Details details{
        .about = deployment_name(deployment), .found = "it is scaled to 0", .command = scale_up(snapshot)};
    if (theirs) {
      details.cause = fmt::format("KServe's controller is active: {}", theirs->what);
      details.remedy = "stop that one first, then scale ours up";
      details.command = fmt::format("{}\n{}", scale(theirs->ns, kKserveController, 0), scale_up(snapshot));
      return out.info(std::move(details));
    }
    details.cause = "InferenceServices are stored but not reconciled; running models keep serving";
    details.remedy = "scale it up";
    return out.warning(std::move(details));
  }
  report_rollout(deployment, snapshot, out);
  check_available(deployment, snapshot, out);
  check_image(deployment, snapshot, out);
  report_pods(deployment, snapshot, out);
}

void check_reconciler_permissions(const ClusterSnapshot& snapshot, Findings& out) {
  if (!our_deployment(snapshot)) {
    if (!out.could_read(snapshot, kube::kDeployments, snapshot.names.ns)) return;
    return out.ok({.found = "not used: the reconciler is not installed"});
  }
  report_permissions(snapshot, "the reconciler", snapshot.names.reconciler, snapshot.reconciler_permissions,
                     out);
}

void check_controllers(const ClusterSnapshot& snapshot, Findings& out) {
  const bool can_read = out.could_read(snapshot, kube::kDeployments, kAllNamespaces);
  const auto theirs = kserve_controller(snapshot);
  const std::string ours = our_controller(snapshot);
  if (theirs && !ours.empty()) {
    return out.error(
        {.found = fmt::format("KServe's controller and our reconciler both run: {}; {}", theirs->what, ours),
         .cause =
             "both write the same Deployments, Services, autoscalers, routes and status, and revert each "
             "other's changes (`WriteStorm`)",
         .remedy = "stop one of the two: the first command stops KServe's, the second ours",
         .command = fmt::format("{}\n{}", scale(theirs->ns, kKserveController, 0),
                                scale(snapshot.names.ns, snapshot.names.reconciler, 0))});
  }
  if (const auto second = second_reconciler(snapshot)) {
    const std::string_view ns = second->object("metadata").string("namespace");
    return out.error(
        {.about = deployment_name(*second),
         .found = fmt::format("a second reconciler of ours (replicas: {})", replicas_of(*second)),
         .cause = fmt::format("each namespace has its own Lease, so both run: this one and {}. If their "
                              "configurations differ, they revert each other's changes",
                              ours.empty() ? (theirs ? theirs->what : "a later one") : ours),
         .remedy = "stop one of the two, and keep one installation; --namespace checks the other one",
         .command = scale(ns, snapshot.names.reconciler, 0)});
  }
  if (theirs && before_installation(snapshot)) {
    return out.info(
        {.about = theirs->what,
         .found =
             "KServe's controller runs and continues: the overlay installs our reconciler with 0 replicas",
         .cause = "no Pod restarts: neither the installation nor the takeover changes a Deployment",
         .remedy = fmt::format(
             "{}/README.md describes when to stop KServe's and scale ours up, and the way back", kInPlace),
         .command = fmt::format("kubectl apply --server-side -k {}", kInPlace)});
  }
  if (theirs) return out.ok({.found = fmt::format("KServe's controller reconciles: {}", theirs->what)});
  if (!ours.empty()) return out.ok({.found = fmt::format("our reconciler runs: {}", ours)});
  if (!can_read) return;
  if (before_installation(snapshot))
    return out.ok({.found = "none yet: our reconciler will be the only one"});
  const bool scaled_down = static_cast<bool>(our_deployment(snapshot));
  out.error(
      {.found = fmt::format("neither our reconciler nor KServe's controller ({}) runs", kKserveController),
       .cause = "InferenceServices are stored but not reconciled; running models keep serving",
       .remedy = scaled_down ? "scale our reconciler up" : "install our reconciler",
       .command = scaled_down ? scale_up(snapshot) : std::string(kInstallCommand)});
}

}  // namespace modelgate::cli
