// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/api_server.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "cli/doctor/installation.h"

namespace modelgate::cli {
namespace {

using std::chrono::seconds;

/// 1.30 enables hooks that sleep (`preStopSeconds` of the configuration) by default; 1.28 match conditions of webhooks,
/// `matchLabelKeys` and `unhealthyPodEvictionPolicy`.
constexpr int kOldestMinor = 30;

/// Our certificates are valid from one hour before they are signed, so clocks may differ by that much.
constexpr seconds kUnusableSkew = std::chrono::minutes(55);
constexpr seconds kNotableSkew{30};

/// 31 for "v1.31.2-gke.100".
int minor_of(std::string_view version) {
  const std::size_t dot = version.find('.');
  if (dot == std::string_view::npos) return 0;
  int minor = 0;
  std::from_chars(version.data() + dot + 1, version.data() + version.size(), minor);
  return minor;
}

std::string_view remedy_for(const kube::ApiError& error) {
  using Kind = kube::ApiError::Kind;
  switch (error.kind) {
    case Kind::kConnection:
      return "check that the address is right and the API server runs, and that your proxy or VPN is up";
    case Kind::kTls:
      return "the kubeconfig's certificate-authority-data is not this API server's; fetch a new kubeconfig";
    case Kind::kDeadline:
      return "the API server is overloaded, or the network drops packets; try a longer --timeout";
    case Kind::kCredentials:
      return "log in again, or fix the user in the kubeconfig";
    case Kind::kStatus:
      return error.code == 401 ? "the credentials are invalid or expired: log in again"
                               : "read the API server's message, and check that this user may read /version";
    case Kind::kMalformed:
    case Kind::kCancelled:
      break;
  }
  return "check that the address is that of a Kubernetes API server";
}

std::string seconds_text(seconds time) {
  return fmt::format("{} s", std::llabs(time.count()));
}

/// The kubectl command that checks this permission.
std::string can_i(const Permission& p, std::string_view as) {
  std::string out = fmt::format("kubectl auth can-i {} {}", p.verb, p.kind());
  if (!p.group.empty()) out += fmt::format(".{}", p.group);
  if (!p.name.empty()) out += fmt::format("/{}", p.name);
  if (!p.subresource().empty()) out += fmt::format(" --subresource={}", p.subresource());
  if (!p.ns.empty()) out += fmt::format(" -n {}", p.ns);
  if (!as.empty()) out += fmt::format(" --as {}", as);
  return out;
}

struct AnswerCounts {
  std::size_t unknown = 0;
  std::string why;
};

AnswerCounts count_unknown(const std::vector<PermissionAnswer>& answers) {
  AnswerCounts out;
  for (const PermissionAnswer& answer : answers) {
    if (answer.allowed) continue;
    ++out.unknown;
    out.why = answer.why_unknown;
  }
  return out;
}

}  // namespace

void check_api_server(const ClusterSnapshot& snapshot, Findings& out) {
  if (snapshot.unreachable) {
    return out.error({.about = snapshot.server,
                      .found = snapshot.unreachable->to_string(),
                      .cause = "no other check can run",
                      .remedy = std::string(remedy_for(*snapshot.unreachable)),
                      .command = "kubectl cluster-info"});
  }
  const int minor = minor_of(snapshot.version);
  if (minor < kOldestMinor) {
    return out.error({.found = fmt::format("Kubernetes {}; the oldest supported version is 1.{}",
                                           snapshot.version, kOldestMinor),
                      .cause = "it refuses Pods with a preStop hook that sleeps; before 1.28 it also ignores "
                               "matchConditions of webhooks, so deletions wait for the webhook",
                      .remedy =
                          "upgrade the control plane, or set preStopSeconds: 0 in the key modelgate of the "
                          "ConfigMap inferenceservice-config"});
  }
  out.ok({.found =
              fmt::format("Kubernetes {}{}", snapshot.version,
                          snapshot.user.empty() ? "" : fmt::format(", authenticated as {}", snapshot.user))});
}

void check_clock(const ClusterSnapshot& snapshot, Findings& out) {
  if (!snapshot.clock_ahead) return out.skipped({.found = "the API server did not report its time"});
  const seconds ahead = *snapshot.clock_ahead;
  const seconds apart(std::llabs(ahead.count()));
  if (apart < kNotableSkew) return;
  Details details{.found = fmt::format("the API server's clock is {} {} this machine's", seconds_text(ahead),
                                       ahead.count() > 0 ? "ahead of" : "slower than"),
                  .cause = "one of the two is wrong; both are used to check certificates and tokens",
                  .remedy = "fix time synchronization on the wrong one",
                  .command = "timedatectl status"};
  if (apart >= kUnusableSkew) {
    details.cause = "if clocks differ by an hour, certificates are rejected as expired or not yet valid";
    return out.error(std::move(details));
  }
  out.warning(std::move(details));
}

void check_installation(const ClusterSnapshot& snapshot, Findings& out) {
  if (snapshot.installed()) {
    if (snapshot.preflight) out.info({.found = "Modelgate is already installed; kubectl apply upgrades it"});
    return;
  }
  // Without permission to read registrations this is unknown.
  if (!out.could_read(snapshot, kube::kMutatingWebhookConfigurations)) return;
  // Never install over an existing KServe: its CRDs and its namespace have the same names.
  const std::string command = beside_kserve(snapshot)
                                  ? "kubectl apply --server-side -k deploy/overlays/beside-kserve"
                                  : std::string(kInstallCommand);
  if (snapshot.preflight) {
    return out.ok(
        {.found = "not installed; the following checks show whether it can be", .command = command});
  }
  out.warning(
      {.found = fmt::format("no registration {}, and no Deployment or Service {} in namespace {}",
                            snapshot.names.registration, snapshot.names.service, snapshot.names.ns),
       .cause =
           "nothing reviews InferenceServices; the following checks show whether Modelgate can be installed",
       .remedy = "install it, or name the installation with --namespace, --service-name and --registration",
       .command = command});
}

void report_permissions(const ClusterSnapshot& snapshot, std::string_view program, std::string_view account,
                        const std::vector<PermissionAnswer>& answers, Findings& out) {
  const InstallationNames& names = snapshot.names;
  const bool can_read = out.could_read(snapshot, kube::kServiceAccounts, names.ns);
  if (can_read && !snapshot.find(kube::kServiceAccounts, names.ns, account)) {
    return out.error({.about = fmt::format("ServiceAccount {}/{}", names.ns, account),
                      .found = "does not exist",
                      .cause = fmt::format("no Pod of {} can start", program),
                      .remedy = "apply the installation again",
                      .command = std::string(kInstallCommand)});
  }
  const std::string user = fmt::format("system:serviceaccount:{}:{}", names.ns, account);
  for (const PermissionAnswer& answer : answers) {
    if (answer.allowed.value_or(true)) continue;
    out.error({.about = fmt::format("ServiceAccount {}/{}", names.ns, account),
               .found = fmt::format("lacks the permission to {}", answer.permission.to_string()),
               .cause = fmt::format("{} needs it for: {}", program, answer.permission.what_for),
               .remedy = "apply the roles of the installation again; then the second command answers yes:",
               .command = fmt::format("{}\n{}", kInstallCommand, can_i(answer.permission, user))});
  }
  const AnswerCounts unknown = count_unknown(answers);
  if (unknown.unknown > 0) {
    out.skipped({.found = fmt::format("{} of {} permissions could not be checked: {}", unknown.unknown,
                                      answers.size(), unknown.why),
                 .remedy = "run this as a user who may create subjectaccessreviews.authorization.k8s.io"});
  }
}

void check_permissions(const ClusterSnapshot& snapshot, Findings& out) {
  report_permissions(snapshot, "the webhook", snapshot.names.service, snapshot.webhook_permissions, out);
}

void check_own_permissions(const ClusterSnapshot& snapshot, Findings& out) {
  for (const PermissionAnswer& answer : snapshot.own_permissions) {
    if (answer.allowed.value_or(true)) continue;
    out.error({.about = snapshot.user,
               .found = fmt::format("lacks the permission to {}", answer.permission.to_string()),
               .cause = fmt::format("the installation needs it for: {}", answer.permission.what_for),
               .remedy = "ask a cluster admin to install it, or to give you the role cluster-admin",
               .command = can_i(answer.permission, {})});
  }
  const AnswerCounts unknown = count_unknown(snapshot.own_permissions);
  if (unknown.unknown > 0) {
    out.skipped(
        {.found = fmt::format("{} permissions could not be checked: {}", unknown.unknown, unknown.why)});
  }
}

}  // namespace modelgate::cli
