// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/installation.h"

#include <algorithm>

#include "spec/view.h"

namespace modelgate::cli {
namespace {

using spec::ObjectView;

/// True if an argument of a container starts with `flag`.
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

bool before_installation(const ClusterSnapshot& snapshot) {
  if (snapshot.preflight) return true;
  return !snapshot.installed() && !snapshot.error_about(kube::kMutatingWebhookConfigurations);
}

bool beside_kserve(const ClusterSnapshot& snapshot) {
  return std::ranges::any_of(registered_webhooks(snapshot), [&](const RegisteredWebhook& w) {
    return w.configuration != snapshot.names.registration &&
           w.matches("serving.kserve.io", "inferenceservices");
  });
}

std::vector<RegisteredWebhook> our_webhooks(const ClusterSnapshot& snapshot) {
  std::vector<RegisteredWebhook> out = registered_webhooks(snapshot);
  std::erase_if(out,
                [&](const RegisteredWebhook& w) { return w.configuration != snapshot.names.registration; });
  return out;
}

bool makes_own_certificates(const ClusterSnapshot& snapshot) {
  for (const kube::Resource* resource :
       {&kube::kMutatingWebhookConfigurations, &kube::kValidatingWebhookConfigurations}) {
    const ObjectView object(snapshot.find(*resource, {}, snapshot.names.registration));
    const ObjectView annotations = object.object("metadata").object("annotations");
    if (annotations.has("cert-manager.io/inject-ca-from")) return false;
  }
  const ObjectView deployment(snapshot.find(kube::kDeployments, snapshot.names.ns, snapshot.names.service));
  return !has_argument(deployment, "--webhook-cert-path") &&
         !has_argument(deployment, "--certificates=files");
}

}  // namespace modelgate::cli
