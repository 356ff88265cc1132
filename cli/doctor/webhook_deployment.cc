// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/webhook_deployment.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/doctor/endpoints.h"
#include "cli/doctor/installation.h"
#include "cli/doctor/pods.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;
using spec::Value;

std::string deployment_name(const ClusterSnapshot& snapshot) {
  return fmt::format("Deployment {}/{}", snapshot.names.ns, snapshot.names.service);
}

void check_replicas(const ObjectView& deployment, const ClusterSnapshot& snapshot, Findings& out) {
  const std::int64_t desired = deployment.object("spec").integer("replicas").value_or(1);
  const std::int64_t ready = deployment.object("status").integer("readyReplicas").value_or(0);
  const std::string command =
      fmt::format("kubectl describe deployment -n {} {}", snapshot.names.ns, snapshot.names.service);
  if (desired == 0) {
    return out.error({.about = deployment_name(snapshot),
                      .found = "it is scaled to 0",
                      .cause = "with failurePolicy Fail every write of an InferenceService fails",
                      .remedy = "scale it up, or delete the registration",
                      .command = fmt::format("kubectl scale deployment -n {} {} --replicas 2",
                                             snapshot.names.ns, snapshot.names.service)});
  }
  if (ready < desired) {
    Details details{.about = deployment_name(snapshot),
                    .found = fmt::format("{} of {} replicas are ready", ready, desired),
                    .cause = ready == 0 ? "no replica answers the API server"
                                        : "one more failure, and no replica answers",
                    .remedy = "find the reason in the Pods",
                    .command = command};
    return ready == 0 ? out.error(std::move(details)) : out.warning(std::move(details));
  }
  if (desired == 1) {
    return out.warning({.about = deployment_name(snapshot),
                        .found = "one replica",
                        .cause = "writes fail while its node is drained or unavailable",
                        .remedy = "run two replicas",
                        .command = fmt::format("kubectl scale deployment -n {} {} --replicas 2",
                                               snapshot.names.ns, snapshot.names.service)});
  }
  out.ok({.found = fmt::format("{} of {} replicas are ready", ready, desired)});
}

}  // namespace

void check_namespace(const ClusterSnapshot& snapshot, Findings& out) {
  const std::string& ns = snapshot.names.ns;
  if (!out.could_read(snapshot, kube::kNamespaces)) return;
  const ObjectView object(snapshot.find(kube::kNamespaces, {}, ns));
  const std::string about = fmt::format("Namespace {}", ns);
  if (!object) {
    if (!snapshot.installed()) return out.ok({.found = fmt::format("{} does not exist yet", ns)});
    return out.error({.about = about,
                      .found = "does not exist",
                      .cause = "the registration refers to it, so every write of an InferenceService fails",
                      .remedy = "apply the installation again, or name another one with --namespace",
                      .command = std::string(kInstallCommand)});
  }
  if (object.object("status").string("phase") == "Terminating") {
    return out.error({.about = about,
                      .found = "it is being deleted",
                      .cause = "the webhook is deleted with it, but the registration is not",
                      .remedy = "delete the registration, so that writes succeed; then install again",
                      .command = fmt::format(
                          "kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration {}",
                          snapshot.names.registration)});
  }
  const auto level =
      object.object("metadata").object("labels").optional_string("pod-security.kubernetes.io/enforce");
  if (level && *level != "restricted") {
    out.info({.about = about,
              .found = fmt::format("its Pod security level is {}", *level),
              .remedy = "the webhook supports `restricted`",
              .command = fmt::format("kubectl label namespace {} --overwrite "
                                     "pod-security.kubernetes.io/enforce=restricted",
                                     ns)});
  }
}

void check_deployment(const ClusterSnapshot& snapshot, Findings& out) {
  const InstallationNames& names = snapshot.names;
  const ObjectView deployment(snapshot.find(kube::kDeployments, names.ns, names.service));
  if (!deployment) {
    if (!out.could_read(snapshot, kube::kDeployments, names.ns)) return;
    const std::vector<RegisteredWebhook> ours = our_webhooks(snapshot);
    const bool by_url =
        !ours.empty() && std::ranges::all_of(ours, [](const auto& w) { return !w.url().empty(); });
    if (by_url)
      return out.skipped({.found = "the webhook is registered by URL and runs outside the cluster"});
    return out.error({.about = deployment_name(snapshot),
                      .found = "does not exist",
                      .cause = "no webhook answers the API server",
                      .remedy = "apply the installation again, or name it with --service-name",
                      .command = std::string(kInstallCommand)});
  }
  report_rollout(deployment, snapshot, out);
  check_replicas(deployment, snapshot, out);
  report_pods(deployment, snapshot, out);
}

void check_disruption_budget(const ClusterSnapshot& snapshot, Findings& out) {
  const InstallationNames& names = snapshot.names;
  const ObjectView deployment(snapshot.find(kube::kDeployments, names.ns, names.service));
  if (!deployment) return out.skipped({.found = "the Deployment does not exist"});
  if (!out.could_read(snapshot, kPodDisruptionBudgets, names.ns)) return;
  const ObjectView labels = deployment.object("spec").object("template").object("metadata").object("labels");
  for (const Value* budget : snapshot.all(kPodDisruptionBudgets, names.ns)) {
    const ObjectView view(budget);
    if (!matches_labels(view.object("spec").object("selector").object("matchLabels"), labels)) continue;
    const std::int64_t healthy = view.object("status").integer("currentHealthy").value_or(0);
    const std::int64_t allowed = view.object("status").integer("disruptionsAllowed").value_or(1);
    if (allowed > 0 || healthy == 0) return;
    return out.warning(
        {.about = fmt::format("PodDisruptionBudget {}/{}", names.ns, view.object("metadata").string("name")),
         .found = "it allows no disruption",
         .cause = "nodes with a replica on them cannot be drained",
         .remedy = "use maxUnavailable: 1 instead of minAvailable, or add a replica",
         .command = fmt::format("kubectl describe pdb -n {}", names.ns)});
  }
  out.warning({.about = deployment_name(snapshot),
               .found = "no PodDisruptionBudget selects its Pods",
               .cause = "draining two nodes at once may stop all replicas",
               .remedy = "apply the installation again",
               .command = std::string(kInstallCommand)});
}

void check_endpoints(const ClusterSnapshot& snapshot, Findings& out) {
  std::vector<std::pair<std::string_view, std::string_view>> seen;
  for (const RegisteredWebhook& webhook : our_webhooks(snapshot)) {
    const std::pair target{webhook.service_namespace(), webhook.service_name()};
    if (!webhook.url().empty() || std::ranges::find(seen, target) != seen.end()) continue;
    seen.push_back(target);
    const auto [ns, name] = target;
    if (!out.could_read(snapshot, kube::kEndpointSlices, ns)) continue;
    if (!snapshot.find(kube::kServices, ns, name)) {
      out.skipped({.about = fmt::format("Service {}/{}", ns, name), .found = "does not exist"});
      continue;
    }
    const EndpointCount count = endpoints_of(snapshot, ns, name);
    if (count.ready > 0) {
      out.ok({.found = fmt::format("Service {}/{} has {} ready", ns, name, count.ready)});
      continue;
    }
    const std::string slices =
        fmt::format("kubectl get endpointslices -n {} -l kubernetes.io/service-name={}", ns, name);
    out.error(
        {.about = fmt::format("Service {}/{}", ns, name),
         .found = count.not_ready > 0 ? fmt::format("none of its {} endpoints is ready", count.not_ready)
                                      : "it has no endpoints",
         .cause = "every write fails: failed calling webhook: no endpoints available for service",
         .remedy = count.not_ready > 0 ? "/readyz of the Pods shows what they wait for"
                                       : "no Pod has the labels of its selector; compare the two",
         .command =
             count.not_ready > 0
                 ? fmt::format("kubectl logs -n {} deployment/{}", snapshot.names.ns, snapshot.names.service)
                 : fmt::format("{}\nkubectl get pods -n {} --show-labels", slices, ns)});
  }
  if (seen.empty()) out.skipped({.found = "no webhook is registered by Service"});
}

}  // namespace modelgate::cli
