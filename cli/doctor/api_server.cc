// SPDX-License-Identifier: Apache-2.0
//
// The API server itself: whether it answers, its version and clock, whether we are installed, and who may do
// what.
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "cli/doctor/checks.h"

namespace modelgate::cli {
namespace {

using std::chrono::seconds;

/// 1.28: match conditions of webhooks, `matchLabelKeys` and `unhealthyPodEvictionPolicy`, on by default.
constexpr int kOldestMinor = 28;

/// Certificates are made an hour into the past, so that clocks may differ by as much.
constexpr seconds kUnusableSkew = std::chrono::minutes(55);
constexpr seconds kNotableSkew{30};

/// Of "v1.31.2-gke.100".
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
      return "see whether the address is right and the API server runs; behind a proxy or a VPN, whether "
             "that is up";
    case Kind::kTls:
      return "the kubeconfig's certificate-authority-data is not this API server's; fetch a new kubeconfig";
    case Kind::kDeadline:
      return "it is overloaded, or something swallows the packets; try a longer --timeout";
    case Kind::kCredentials:
      return "log in again, or mend the user in the kubeconfig";
    case Kind::kStatus:
      return error.code == 401 ? "the credentials are not valid, or no more: log in again"
                               : "see what the API server says, and whether this user may read /version";
    case Kind::kMalformed:
    case Kind::kCancelled:
      break;
  }
  return "see whether the address is that of a Kubernetes API server";
}

std::string seconds_text(seconds time) {
  return fmt::format("{} s", std::llabs(time.count()));
}

/// Whose answers, for "kubectl auth can-i".
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

void check_api_server(const ClusterPicture& picture, Findings& out) {
  if (picture.unreachable) {
    return out.error({.about = picture.server,
                      .found = picture.unreachable->to_string(),
                      .cause = "nothing else can be looked at",
                      .remedy = std::string(remedy_for(*picture.unreachable)),
                      .command = "kubectl cluster-info"});
  }
  const int minor = minor_of(picture.version);
  if (minor < kOldestMinor) {
    return out.error(
        {.found = fmt::format("Kubernetes {}, and 1.{} is the oldest that we run on", picture.version,
                              kOldestMinor),
         .cause = "it ignores matchConditions of webhooks, so objects that are being deleted wait for us",
         .remedy = "upgrade the control plane"});
  }
  out.ok({.found = fmt::format("Kubernetes {}{}", picture.version,
                               picture.user.empty() ? "" : fmt::format(", asked as {}", picture.user))});
}

void check_clock(const ClusterPicture& picture, Findings& out) {
  if (!picture.clock_ahead) return out.skipped({.found = "the API server did not say what time it has"});
  const seconds ahead = *picture.clock_ahead;
  const seconds apart(std::llabs(ahead.count()));
  if (apart < kNotableSkew) return;
  Words words{.found = fmt::format("the API server's clock is {} {} this machine's", seconds_text(ahead),
                                   ahead.count() > 0 ? "ahead of" : "behind"),
              .cause = "one of the two is wrong; certificates and tokens are judged by both",
              .remedy = "mend time synchronisation on whichever is wrong",
              .command = "timedatectl status"};
  if (apart >= kUnusableSkew) {
    words.cause = "certificates are refused as expired or not yet valid where clocks differ by an hour";
    return out.error(std::move(words));
  }
  out.warning(std::move(words));
}

void check_installation(const ClusterPicture& picture, Findings& out) {
  if (picture.installed()) {
    if (picture.preflight) out.info({.found = "Modelgate is installed already; an apply upgrades it"});
    return;
  }
  // Whoever may not look does not know either.
  if (!out.could_read(picture, kube::kMutatingWebhookConfigurations)) return;
  // Never over a KServe that is there: its CRDs and its namespace have the same names.
  const std::string command = beside_kserve(picture)
                                  ? "kubectl apply --server-side -k deploy/overlays/beside-kserve"
                                  : std::string(kInstallCommand);
  if (picture.preflight) {
    return out.ok({.found = "not yet; what follows says whether it can be", .command = command});
  }
  out.warning({.found = fmt::format("no registration {}, and no Deployment or Service {} in namespace {}",
                                    picture.names.registration, picture.names.service, picture.names.ns),
               .cause = "nothing reviews InferenceServices; what follows says whether it can be installed",
               .remedy = "install it, or say where it is with --namespace, --service-name and --registration",
               .command = command});
}

void tell_permissions(const ClusterPicture& picture, std::string_view program, std::string_view account,
                      const std::vector<PermissionAnswer>& answers, Findings& out) {
  const InstallationNames& names = picture.names;
  const bool can_tell = out.could_read(picture, kube::kServiceAccounts, names.ns);
  if (can_tell && !picture.find(kube::kServiceAccounts, names.ns, account)) {
    return out.error({.about = fmt::format("ServiceAccount {}/{}", names.ns, account),
                      .found = "it is not there",
                      .cause = fmt::format("no Pod of {} can start", program),
                      .remedy = "apply the installation again",
                      .command = std::string(kInstallCommand)});
  }
  const std::string user = fmt::format("system:serviceaccount:{}:{}", names.ns, account);
  for (const PermissionAnswer& answer : answers) {
    if (answer.allowed.value_or(true)) continue;
    out.error({.about = fmt::format("ServiceAccount {}/{}", names.ns, account),
               .found = fmt::format("may not {}", answer.permission.to_string()),
               .cause = fmt::format("{} needs it: {}", program, answer.permission.what_for),
               .remedy = "apply the roles of the installation again; then this says yes:",
               .command = fmt::format("{}\n{}", kInstallCommand, can_i(answer.permission, user))});
  }
  const AnswerCounts unknown = count_unknown(answers);
  if (unknown.unknown > 0) {
    out.skipped({.found = fmt::format("{} of {} permissions could not be asked about: {}", unknown.unknown,
                                      answers.size(), unknown.why),
                 .remedy = "run this as somebody who may create subjectaccessreviews.authorization.k8s.io"});
  }
}

void check_permissions(const ClusterPicture& picture, Findings& out) {
  tell_permissions(picture, "the webhook", picture.names.service, picture.webhook_permissions, out);
}

void check_own_permissions(const ClusterPicture& picture, Findings& out) {
  for (const PermissionAnswer& answer : picture.own_permissions) {
    if (answer.allowed.value_or(true)) continue;
    out.error({.about = picture.user,
               .found = fmt::format("may not {}", answer.permission.to_string()),
               .cause = fmt::format("installing needs it: {}", answer.permission.what_for),
               .remedy = "let a cluster admin install it, or give you the role cluster-admin",
               .command = can_i(answer.permission, {})});
  }
  const AnswerCounts unknown = count_unknown(picture.own_permissions);
  if (unknown.unknown > 0) {
    out.skipped(
        {.found = fmt::format("{} permissions could not be asked about: {}", unknown.unknown, unknown.why)});
  }
}

}  // namespace modelgate::cli
