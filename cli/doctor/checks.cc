// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/checks.h"

#include <algorithm>

#include "spec/view.h"

namespace modelgate::cli {
namespace {

using When = Check::When;
using spec::ObjectView;

/// In the order of a write's way: the API server, what it knows of us, how it reaches and trusts us, who then
/// makes what serves, by what we decide, and what came of it.
constexpr Check kChecks[] = {
    {"api-server", "it answers", When::kAlways, check_api_server},
    {"clock", "its clock and ours agree", When::kAlways, check_clock},
    {"installation", "it is there", When::kAlways, check_installation},
    {"own-permissions", "you may install", When::kPreflight, check_own_permissions},
    {"namespace", "it is there, and its Pod security lets us run", When::kAlways, check_namespace},
    {"crds", "all are served, in the right versions", When::kAlways, check_crds},
    {"registration", "each path is registered for its objects", When::kInstalled, check_registration},
    {"registration-settings", "failure policy, timeouts and selectors are right", When::kInstalled,
     check_registration_settings},
    {"deployment", "all replicas are ready", When::kInstalled, check_deployment},
    {"disruption-budget", "it leaves one replica", When::kInstalled, check_disruption_budget},
    {"endpoints", "the Service has ready endpoints", When::kInstalled, check_endpoints},
    {"ca-secret", "it holds CAs that can be used", When::kInstalled, check_ca_secret},
    {"ca-bundle", "every registered webhook has CAs that are valid", When::kInstalled, check_ca_bundle},
    {"certificate", "what is served is what the API server trusts", When::kInstalled, check_certificate},
    {"lease", "it is held and fresh", When::kInstalled, check_lease},
    {"permissions", "the webhook may do all that it has to", When::kInstalled, check_permissions},
    {"reconciler", "its replicas are available", When::kInstalled, check_reconciler},
    {"reconciler-lease", "it is held and fresh", When::kInstalled, check_reconciler_lease},
    {"reconciler-permissions", "the reconciler may do all that it has to", When::kInstalled,
     check_reconciler_permissions},
    {"controllers", "one makes what serves InferenceServices", When::kAlways, check_controllers},
    {"other-webhooks", "nobody else is asked about the same objects", When::kAlways, check_other_webhooks},
    {"configuration", "it can be read", When::kAlways, check_configuration},
    {"runtimes", "they can be read, and no two are equal", When::kAlways, check_runtimes},
    {"configured-mode", "what the configured deployment mode needs is there", When::kAlways,
     check_configured_mode},
    {"configured-kinds", "what routes and autoscalers need is there", When::kAlways, check_configured_kinds},
    {"services", "all are Ready", When::kAlways, check_services},
};

bool applies(const Check& check, bool before) {
  switch (check.when) {
    case When::kAlways:
      return true;
    case When::kInstalled:
      return !before;
    case When::kPreflight:
      return before;
  }
  return false;
}

/// The Deployment's command line asks for it.
bool has_argument(const ObjectView& deployment, std::string_view flag) {
  for (const ObjectView container :
       deployment.object("spec").object("template").object("spec").list("containers")) {
    const spec::Value* arguments = container.field("args");
    if (!arguments || !arguments->IsArray()) continue;
    for (const spec::Value& argument : arguments->GetArray()) {
      if (argument.IsString() && spec::text_of(argument).starts_with(flag)) return true;
    }
  }
  return false;
}

}  // namespace

std::span<const Check> doctor_checks() {
  return kChecks;
}

bool before_installation(const ClusterPicture& picture) {
  if (picture.preflight) return true;
  return !picture.installed() && !picture.error_about(kube::kMutatingWebhookConfigurations);
}

Findings diagnose(const ClusterPicture& picture) {
  Findings out;
  const bool before = before_installation(picture);
  for (const Check& check : kChecks) {
    if (!applies(check, before)) continue;
    const std::size_t had = out.all().size();
    out.begin(check.id);
    check.look(picture, out);
    if (out.all().size() == had) out.ok({.found = std::string(check.healthy)});
    if (picture.unreachable) break;  // one clear error, and nothing that only follows from it
  }
  return out;
}

bool beside_kserve(const ClusterPicture& picture) {
  return std::ranges::any_of(registered_webhooks(picture), [&](const RegisteredWebhook& w) {
    return w.configuration != picture.names.registration && w.takes("serving.kserve.io", "inferenceservices");
  });
}

std::vector<RegisteredWebhook> our_webhooks(const ClusterPicture& picture) {
  std::vector<RegisteredWebhook> out = registered_webhooks(picture);
  std::erase_if(out,
                [&](const RegisteredWebhook& w) { return w.configuration != picture.names.registration; });
  return out;
}

bool makes_own_certificates(const ClusterPicture& picture) {
  for (const kube::Resource* resource :
       {&kube::kMutatingWebhookConfigurations, &kube::kValidatingWebhookConfigurations}) {
    const ObjectView object(picture.find(*resource, {}, picture.names.registration));
    const ObjectView annotations = object.object("metadata").object("annotations");
    if (annotations.has("cert-manager.io/inject-ca-from")) return false;
  }
  const ObjectView deployment(picture.find(kube::kDeployments, picture.names.ns, picture.names.service));
  return !has_argument(deployment, "--webhook-cert-path") &&
         !has_argument(deployment, "--certificates=files");
}

EndpointCount endpoints_of(const ClusterPicture& picture, std::string_view ns, std::string_view service) {
  EndpointCount out;
  for (const spec::Value* slice : picture.all(kube::kEndpointSlices, ns)) {
    const ObjectView view(slice);
    if (view.object("metadata").object("labels").string("kubernetes.io/service-name") != service) continue;
    for (const ObjectView endpoint : view.list("endpoints")) {
      const spec::Value* addresses = endpoint.field("addresses");
      const std::size_t count = addresses && addresses->IsArray() ? addresses->Size() : 0;
      // Absent counts as ready, as the API says.
      const bool ready = endpoint.object("conditions").boolean("ready").value_or(true);
      (ready ? out.ready : out.not_ready) += count;
    }
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t bytes) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::size_t end = std::min(text.size(), bytes);
  if (end < text.size()) {  // never within a character
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  }
  std::string out(text.substr(0, end));
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  if (end < text.size()) out += "...";
  return out;
}

}  // namespace modelgate::cli
