// SPDX-License-Identifier: Apache-2.0
//
// Whether the webhook runs: its namespace, Deployment, Pods, and whether the Service leads to them.
#include <fmt/format.h>

#include <algorithm>

#include "cli/doctor/checks.h"
#include "cli/doctor/pods.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

std::string deployment_name(const ClusterPicture& picture) {
  return fmt::format("Deployment {}/{}", picture.names.ns, picture.names.service);
}

void check_replicas(const ObjectView& deployment, const ClusterPicture& picture, Findings& out) {
  const std::int64_t wanted = deployment.object("spec").integer("replicas").value_or(1);
  const std::int64_t ready = deployment.object("status").integer("readyReplicas").value_or(0);
  const std::string command =
      fmt::format("kubectl describe deployment -n {} {}", picture.names.ns, picture.names.service);
  if (wanted == 0) {
    return out.error({.about = deployment_name(picture),
                      .found = "it is scaled to 0",
                      .cause = "with failurePolicy Fail every write of an InferenceService is refused",
                      .remedy = "scale it up, or delete the registration",
                      .command = fmt::format("kubectl scale deployment -n {} {} --replicas 2",
                                             picture.names.ns, picture.names.service)});
  }
  if (ready < wanted) {
    Words words{
        .about = deployment_name(picture),
        .found = fmt::format("{} of {} replicas are ready", ready, wanted),
        .cause = ready == 0 ? "nobody answers the API server" : "a further failure leaves nobody to answer",
        .remedy = "the Pods say why",
        .command = command};
    return ready == 0 ? out.error(std::move(words)) : out.warning(std::move(words));
  }
  if (wanted == 1) {
    return out.warning({.about = deployment_name(picture),
                        .found = "one replica",
                        .cause = "writes fail while its node is drained or lost",
                        .remedy = "run two",
                        .command = fmt::format("kubectl scale deployment -n {} {} --replicas 2",
                                               picture.names.ns, picture.names.service)});
  }
  out.ok({.found = fmt::format("{} of {} replicas are ready", ready, wanted)});
}

}  // namespace

void check_namespace(const ClusterPicture& picture, Findings& out) {
  const std::string& ns = picture.names.ns;
  if (!out.could_read(picture, kube::kNamespaces)) return;
  const ObjectView object(picture.find(kube::kNamespaces, {}, ns));
  const std::string about = fmt::format("Namespace {}", ns);
  if (!object) {
    if (!picture.installed()) return out.ok({.found = fmt::format("{} is not there yet", ns)});
    return out.error(
        {.about = about,
         .found = "it is not there",
         .cause = "the registration points into it, so every write of an InferenceService is refused",
         .remedy = "apply the installation again, or name the right one with --namespace",
         .command = std::string(kInstallCommand)});
  }
  if (object.object("status").string("phase") == "Terminating") {
    return out.error({.about = about,
                      .found = "it is being deleted",
                      .cause = "the webhook goes with it, and the registration, which is not in it, stays",
                      .remedy = "delete the registration, so that writes go on; then install anew",
                      .command = fmt::format(
                          "kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration {}",
                          picture.names.registration)});
  }
  const auto level =
      object.object("metadata").object("labels").optional_string("pod-security.kubernetes.io/enforce");
  if (level && *level != "restricted") {
    out.info({.about = about,
              .found = fmt::format("its Pod security is {}", *level),
              .remedy = "the webhook runs under `restricted` too",
              .command = fmt::format("kubectl label namespace {} --overwrite "
                                     "pod-security.kubernetes.io/enforce=restricted",
                                     ns)});
  }
}

void check_deployment(const ClusterPicture& picture, Findings& out) {
  const InstallationNames& names = picture.names;
  const ObjectView deployment(picture.find(kube::kDeployments, names.ns, names.service));
  if (!deployment) {
    if (!out.could_read(picture, kube::kDeployments, names.ns)) return;
    const std::vector<RegisteredWebhook> ours = our_webhooks(picture);
    const bool by_url =
        !ours.empty() && std::ranges::all_of(ours, [](const auto& w) { return !w.url().empty(); });
    if (by_url)
      return out.skipped({.found = "the webhook is registered by URL and runs outside the cluster"});
    return out.error({.about = deployment_name(picture),
                      .found = "it is not there",
                      .cause = "nobody answers the API server",
                      .remedy = "apply the installation again, or name it with --service-name",
                      .command = std::string(kInstallCommand)});
  }
  tell_rollout(deployment, picture, out);
  check_replicas(deployment, picture, out);
  tell_pods(deployment, picture, out);
}

void check_disruption_budget(const ClusterPicture& picture, Findings& out) {
  const InstallationNames& names = picture.names;
  const ObjectView deployment(picture.find(kube::kDeployments, names.ns, names.service));
  if (!deployment) return out.skipped({.found = "there is no Deployment"});
  if (!out.could_read(picture, kPodDisruptionBudgets, names.ns)) return;
  const ObjectView labels = deployment.object("spec").object("template").object("metadata").object("labels");
  for (const Value* budget : picture.all(kPodDisruptionBudgets, names.ns)) {
    const ObjectView view(budget);
    if (!has_labels(view.object("spec").object("selector").object("matchLabels"), labels)) continue;
    const std::int64_t healthy = view.object("status").integer("currentHealthy").value_or(0);
    const std::int64_t allowed = view.object("status").integer("disruptionsAllowed").value_or(1);
    if (allowed > 0 || healthy == 0) return;
    return out.warning(
        {.about = fmt::format("PodDisruptionBudget {}/{}", names.ns, view.object("metadata").string("name")),
         .found = "it allows no disruption",
         .cause = "nodes with a replica on them cannot be drained",
         .remedy = "maxUnavailable: 1 in place of minAvailable, or another replica",
         .command = fmt::format("kubectl describe pdb -n {}", names.ns)});
  }
  out.warning({.about = deployment_name(picture),
               .found = "no PodDisruptionBudget takes in its Pods",
               .cause = "draining two nodes at once may take all replicas away",
               .remedy = "apply the installation again",
               .command = std::string(kInstallCommand)});
}

void check_endpoints(const ClusterPicture& picture, Findings& out) {
  std::vector<std::pair<std::string_view, std::string_view>> seen;
  for (const RegisteredWebhook& webhook : our_webhooks(picture)) {
    const std::pair target{webhook.service_namespace(), webhook.service_name()};
    if (!webhook.url().empty() || std::ranges::find(seen, target) != seen.end()) continue;
    seen.push_back(target);
    const auto [ns, name] = target;
    if (!out.could_read(picture, kube::kEndpointSlices, ns)) continue;
    if (!picture.find(kube::kServices, ns, name)) {
      out.skipped({.about = fmt::format("Service {}/{}", ns, name), .found = "it is not there"});
      continue;
    }
    const EndpointCount count = endpoints_of(picture, ns, name);
    if (count.ready > 0) {
      out.ok({.found = fmt::format("Service {}/{} has {} ready", ns, name, count.ready)});
      continue;
    }
    const std::string slices =
        fmt::format("kubectl get endpointslices -n {} -l kubernetes.io/service-name={}", ns, name);
    out.error(
        {.about = fmt::format("Service {}/{}", ns, name),
         .found = count.not_ready > 0 ? fmt::format("none of its {} endpoints is ready", count.not_ready)
                                      : "it has no endpoints at all",
         .cause = "every write fails: failed calling webhook: no endpoints available for service",
         .remedy = count.not_ready > 0
                       ? "the Pods' /readyz says what they wait for"
                       : "no Pod has the labels that it selects; compare its selector with the Pods'",
         .command =
             count.not_ready > 0
                 ? fmt::format("kubectl logs -n {} deployment/{}", picture.names.ns, picture.names.service)
                 : fmt::format("{}\nkubectl get pods -n {} --show-labels", slices, ns)});
  }
  if (seen.empty()) out.skipped({.found = "no webhook is registered by Service"});
}

}  // namespace modelgate::cli
