// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/checks.h"

#include "cli/doctor/api_server.h"
#include "cli/doctor/catalog.h"
#include "cli/doctor/certificates.h"
#include "cli/doctor/crds.h"
#include "cli/doctor/installation.h"
#include "cli/doctor/kinds.h"
#include "cli/doctor/leases.h"
#include "cli/doctor/reconciler.h"
#include "cli/doctor/registrations.h"
#include "cli/doctor/services.h"
#include "cli/doctor/webhook_deployment.h"

namespace modelgate::cli {
namespace {

using When = Check::When;

/// In the order of a request: the API server, the registration, the connection and trust, the reconciler, its
/// configuration, and the InferenceServices.
constexpr Check kChecks[] = {
    {"api-server", "reachable", When::kAlways, check_api_server},
    {"clock", "the same time as this machine", When::kAlways, check_clock},
    {"installation", "complete", When::kAlways, check_installation},
    {"own-permissions", "you may install Modelgate", When::kPreflight, check_own_permissions},
    {"namespace", "exists, and its Pod security level admits the webhook", When::kAlways, check_namespace},
    {"crds", "all are served in the required versions", When::kAlways, check_crds},
    {"registration", "each path is registered for its objects", When::kInstalled, check_registration},
    {"registration-settings", "failure policy, timeouts and selectors are correct", When::kInstalled,
     check_registration_settings},
    {"deployment", "all replicas are ready", When::kInstalled, check_deployment},
    {"disruption-budget", "keeps one replica available", When::kInstalled, check_disruption_budget},
    {"endpoints", "the Service has ready endpoints", When::kInstalled, check_endpoints},
    {"ca-secret", "contains usable CAs", When::kInstalled, check_ca_secret},
    {"ca-bundle", "every registered webhook has valid CAs", When::kInstalled, check_ca_bundle},
    {"certificate", "the API server trusts the served certificate", When::kInstalled, check_certificate},
    {"lease", "held and fresh", When::kInstalled, check_lease},
    {"permissions", "the webhook has all permissions that it needs", When::kInstalled, check_permissions},
    {"reconciler", "all replicas are available", When::kInstalled, check_reconciler},
    {"reconciler-lease", "held and fresh", When::kInstalled, check_reconciler_lease},
    {"reconciler-permissions", "the reconciler has all permissions that it needs", When::kInstalled,
     check_reconciler_permissions},
    {"controllers", "one controller reconciles InferenceServices", When::kAlways, check_controllers},
    {"other-webhooks", "no other webhook reviews the same objects", When::kAlways, check_other_webhooks},
    {"configuration", "valid", When::kAlways, check_configuration},
    {"runtimes", "valid, and no two have equal priority", When::kAlways, check_runtimes},
    {"configured-mode", "the cluster has what the deployment mode requires", When::kAlways,
     check_configured_mode},
    {"configured-kinds", "the cluster serves the kinds that routes and autoscalers require", When::kAlways,
     check_configured_kinds},
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

}  // namespace

std::span<const Check> doctor_checks() {
  return kChecks;
}

Findings diagnose(const ClusterSnapshot& snapshot) {
  Findings out;
  const bool before = before_installation(snapshot);
  for (const Check& check : kChecks) {
    if (!applies(check, before)) continue;
    const std::size_t had = out.all().size();
    out.begin(check.id);
    check.run(snapshot, out);
    if (out.all().size() == had) out.ok({.found = std::string(check.healthy)});
    if (snapshot.unreachable) break;  // report the cause once, without its consequences
  }
  return out;
}

}  // namespace modelgate::cli
