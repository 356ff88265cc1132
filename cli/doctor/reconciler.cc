// SPDX-License-Identifier: Apache-2.0
//
// Who makes what serves InferenceServices: our reconciler, or KServe's controller, and never both.
#include <fmt/format.h>

#include "cli/doctor/checks.h"
#include "cli/doctor/pods.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

constexpr std::string_view kInPlace = "deploy/overlays/in-place-of-kserve";

ObjectView our_deployment(const ClusterPicture& picture) {
  return ObjectView(picture.find(kube::kDeployments, picture.names.ns, picture.names.reconciler));
}

std::string scale(std::string_view ns, std::string_view name, int replicas) {
  return fmt::format("kubectl scale deployment -n {} {} --replicas {}", ns, name, replicas);
}

std::string wake(const ClusterPicture& picture) {
  return scale(picture.names.ns, picture.names.reconciler, 2);
}

/// A controller of KServe's that is to run, by its Deployment or its Lease.
struct Theirs {
  std::string ns;
  std::string what;  // "Deployment kserve/kserve-controller-manager (replicas: 1)"
};

std::optional<Theirs> their_controller(const ClusterPicture& picture) {
  for (const Value* value : picture.all(kube::kDeployments)) {
    const ObjectView deployment(value);
    const ObjectView metadata = deployment.object("metadata");
    if (metadata.string("name") != kKserveController || replicas_of(deployment) == 0) continue;
    return Theirs{
        .ns = std::string(metadata.string("namespace")),
        .what = fmt::format("{} (replicas: {})", deployment_name(deployment), replicas_of(deployment))};
  }
  for (const Value* value : picture.all(kube::kLeases)) {
    const ObjectView metadata = ObjectView(value).object("metadata");
    if (metadata.string("name") != kKserveLease) continue;
    const auto look = look_at_lease(picture, metadata.string("namespace"), kKserveLease);
    if (!look || !look->fresh) continue;
    return Theirs{.ns = std::string(metadata.string("namespace")),
                  .what = fmt::format("{} holds the Lease {}/{}", look->record.holder,
                                      metadata.string("namespace"), kKserveLease)};
  }
  return std::nullopt;
}

/// What of ours is to run; empty where nothing is.
std::string our_controller(const ClusterPicture& picture) {
  const ObjectView deployment = our_deployment(picture);
  if (deployment && replicas_of(deployment) > 0)
    return fmt::format("{} (replicas: {})", deployment_name(deployment), replicas_of(deployment));
  const auto look = look_at_lease(picture, picture.names.ns, picture.names.reconciler);
  if (!look || !look->fresh) return {};
  return fmt::format("{} holds the Lease {}/{}", look->record.holder, picture.names.ns,
                     picture.names.reconciler);
}

/// Another reconciler of ours in another namespace, which has a lease of its own.
std::optional<ObjectView> our_second(const ClusterPicture& picture) {
  for (const Value* value : picture.all(kube::kDeployments)) {
    const ObjectView deployment(value);
    const ObjectView metadata = deployment.object("metadata");
    const bool other = metadata.string("name") == picture.names.reconciler &&
                       metadata.string("namespace") != picture.names.ns;
    if (other && replicas_of(deployment) > 0) return deployment;
  }
  return std::nullopt;
}

// ---- its Deployment

/// Of "example.com:5000/modelgate/modelgate:v0.1.0@sha256:...": the digest, else the tag. Mirrors differ.
std::string_view version_of(std::string_view image) {
  if (const std::size_t at = image.rfind('@'); at != std::string_view::npos) return image.substr(at + 1);
  const std::size_t colon = image.rfind(':');
  const std::size_t slash = image.rfind('/');
  const bool tagged = colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  return tagged ? image.substr(colon + 1) : std::string_view("latest");
}

void check_image(const ObjectView& deployment, const ClusterPicture& picture, Findings& out) {
  const ObjectView webhook(picture.find(kube::kDeployments, picture.names.ns, picture.names.service));
  const ObjectView container = first_container_of(deployment);
  const std::string_view ours = container.string("image");
  const std::string_view theirs = first_container_of(webhook).string("image");
  if (!webhook || version_of(ours) == version_of(theirs)) return;
  out.warning({.about = deployment_name(deployment),
               .found = fmt::format("its image is {}, and the webhook's is {}", ours, theirs),
               .cause = "what is admitted and what is then made may follow different rules",
               .remedy = "run one version of both: apply the installation again, or",
               .command = fmt::format("kubectl set image -n {} deployment/{} {}={}", picture.names.ns,
                                      picture.names.reconciler, container.string("name"), theirs)});
}

void check_available(const ObjectView& deployment, const ClusterPicture& picture, Findings& out) {
  const std::int64_t wanted = replicas_of(deployment);
  const std::int64_t available = deployment.object("status").integer("availableReplicas").value_or(0);
  if (available >= wanted) {
    return out.ok({.found = fmt::format("{} of {} replicas are available, version {}", available, wanted,
                                        version_of(first_container_of(deployment).string("image")))});
  }
  Words words{
      .about = deployment_name(deployment),
      .found = fmt::format("{} of {} replicas are available", available, wanted),
      .cause =
          available == 0
              ? "InferenceServices are accepted, and nothing is made or changed for them; what serves goes on"
              : "when the one that works goes, nobody takes over at once",
      .remedy = "the Pods say why",
      .command =
          fmt::format("kubectl describe deployment -n {} {}", picture.names.ns, picture.names.reconciler)};
  available == 0 ? out.error(std::move(words)) : out.warning(std::move(words));
}

}  // namespace

std::string reconciler_logs(const ClusterPicture& picture) {
  return fmt::format("kubectl logs -n {} -l app.kubernetes.io/name={} --prefix --tail 50", picture.names.ns,
                     picture.names.reconciler);
}

void check_reconciler(const ClusterPicture& picture, Findings& out) {
  const InstallationNames& names = picture.names;
  const ObjectView deployment = our_deployment(picture);
  const auto theirs = their_controller(picture);
  if (!deployment) {
    if (!out.could_read(picture, kube::kDeployments, names.ns)) return;
    return out.info(
        {.about = fmt::format("Deployment {}/{}", names.ns, names.reconciler),
         .found = "it is not installed",
         .cause = theirs ? fmt::format("KServe's controller makes what serves: {}", theirs->what)
                         : "nothing of ours makes what serves InferenceServices; see `controllers`",
         .remedy = theirs ? fmt::format("none is needed; {} says how to go over", kInPlace) : "install it",
         .command = theirs ? std::string() : std::string(kInstallCommand)});
  }
  if (replicas_of(deployment) == 0) {
    Words words{.about = deployment_name(deployment), .found = "it is scaled to 0", .command = wake(picture)};
    if (theirs) {
      words.cause = fmt::format("it sleeps while KServe's controller works: {}", theirs->what);
      words.remedy = "stop that one first, then wake ours";
      words.command = fmt::format("{}\n{}", scale(theirs->ns, kKserveController, 0), wake(picture));
      return out.info(std::move(words));
    }
    words.cause =
        "InferenceServices are accepted, and nothing is made or changed for them; what serves goes on";
    words.remedy = "wake it";
    return out.warning(std::move(words));
  }
  tell_rollout(deployment, picture, out);
  check_available(deployment, picture, out);
  check_image(deployment, picture, out);
  tell_pods(deployment, picture, out);
}

void check_reconciler_permissions(const ClusterPicture& picture, Findings& out) {
  if (!our_deployment(picture)) {
    if (!out.could_read(picture, kube::kDeployments, picture.names.ns)) return;
    return out.ok({.found = "not used: the reconciler is not installed"});
  }
  tell_permissions(picture, "the reconciler", picture.names.reconciler, picture.reconciler_permissions, out);
}

void check_controllers(const ClusterPicture& picture, Findings& out) {
  const bool can_tell = out.could_read(picture, kube::kDeployments, kAllNamespaces);
  const auto theirs = their_controller(picture);
  const std::string ours = our_controller(picture);
  if (theirs && !ours.empty()) {
    return out.error(
        {.found = fmt::format("KServe's controller and our reconciler both run: {}; {}", theirs->what, ours),
         .cause = "both write the same Deployments, Services, autoscalers, routes and status, and undo each "
                  "other's work (`WriteStorm`)",
         .remedy = "stop one of the two: the first command leaves ours, the second KServe's",
         .command = fmt::format("{}\n{}", scale(theirs->ns, kKserveController, 0),
                                scale(picture.names.ns, picture.names.reconciler, 0))});
  }
  if (const auto second = our_second(picture)) {
    const std::string_view ns = second->object("metadata").string("namespace");
    return out.error(
        {.about = deployment_name(*second),
         .found = fmt::format("a second reconciler of ours (replicas: {})", replicas_of(*second)),
         .cause = fmt::format("each namespace has a lease of its own, so it works beside {}, by its own "
                              "configuration, and the two undo each other's work where those differ",
                              ours.empty() ? (theirs ? theirs->what : "whoever works later") : ours),
         .remedy = "stop one of the two, and keep one installation; --namespace looks at the other one",
         .command = scale(ns, picture.names.reconciler, 0)});
  }
  if (theirs && before_installation(picture)) {
    return out.info(
        {.about = theirs->what,
         .found =
             "KServe's controller runs, and goes on: the overlay installs our reconciler asleep (0 replicas)",
         .cause = "nothing restarts: no Deployment is changed by installing it, nor later by taking over",
         .remedy =
             fmt::format("{}/README.md says when to stop KServe's and wake ours, and the way back", kInPlace),
         .command = fmt::format("kubectl apply --server-side -k {}", kInPlace)});
  }
  if (theirs) return out.ok({.found = fmt::format("KServe's makes what serves: {}", theirs->what)});
  if (!ours.empty()) return out.ok({.found = fmt::format("ours makes what serves: {}", ours)});
  if (!can_tell) return;
  if (before_installation(picture)) return out.ok({.found = "none yet: ours will make what serves"});
  const bool asleep = static_cast<bool>(our_deployment(picture));
  out.error({.found = fmt::format("neither our reconciler nor KServe's controller ({}) is to run",
                                  kKserveController),
             .cause = "InferenceServices are accepted, and nobody serves them; what serves goes on unchanged",
             .remedy = asleep ? "wake our reconciler" : "install our reconciler",
             .command = asleep ? wake(picture) : std::string(kInstallCommand)});
}

}  // namespace modelgate::cli
