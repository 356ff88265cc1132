// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/certificates.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <map>
#include <optional>

#include "certs/ca_set.h"
#include "certs/certificate.h"
#include "cli/doctor/installation.h"
#include "spec/text/base64.h"
#include "spec/text/rfc3339.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using certs::Certificate;
using spec::ObjectView;
using spec::Value;
using Time = std::chrono::system_clock::time_point;

/// Our leaf is renewed at two thirds of 30 days and a CA at two thirds of a year: with less than this left,
/// the renewal has failed.
constexpr std::chrono::hours kSoon{24 * 3};

std::string days_left(Time end, Time now) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(end - now).count();
  return hours < 48 ? fmt::format("{} hours", hours) : fmt::format("{} days", hours / 24);
}

std::string secret_name(const ClusterSnapshot& snapshot) {
  return fmt::format("Secret {}/{}", snapshot.names.ns, snapshot.names.ca_secret);
}

/// Error texts name keys, never values.
std::expected<certs::SecretData, std::string> data_of(const ObjectView& secret) {
  certs::SecretData out;
  const ObjectView data = secret.object("data");
  if (!data) return out;
  for (const auto& member : data.value()->GetObject()) {
    const auto bytes =
        member.value.IsString() ? text::decode_base64(spec::text_of(member.value)) : std::nullopt;
    if (!bytes) return std::unexpected(fmt::format("{}: is not base64", spec::text_of(member.name)));
    out.emplace(spec::text_of(member.name), *bytes);
  }
  return out;
}

std::expected<certs::CaSet, std::string> read_ca_set(const ObjectView& secret) {
  const auto data = data_of(secret);
  if (!data) return std::unexpected(data.error());
  auto set = certs::decode(*data);
  if (!set) return std::unexpected(set.error().text);
  return std::move(*set);
}

/// The DNS name that the API server expects in the certificate.
std::string expected_name(const RegisteredWebhook& webhook) {
  if (!webhook.url().empty()) return host_and_port(webhook.url()).first;
  return fmt::format("{}.{}.svc", webhook.service_name(), webhook.service_namespace());
}

std::string logs_command(const ClusterSnapshot& snapshot) {
  return fmt::format("kubectl logs -n {} deployment/{} | grep -i -e certificate -e lease -e caBundle",
                     snapshot.names.ns, snapshot.names.service);
}

// ---- caBundle

/// kOk: no problem.
struct BundleProblem {
  Severity severity = Severity::kOk;
  std::string found, cause;
};

BundleProblem bundle_problem(const RegisteredWebhook& webhook, const std::optional<std::string>& current_ca,
                             Time now) {
  const std::string untrusted =
      "every write of these objects fails: x509: certificate signed by unknown authority";
  if (webhook.ca_bundle().empty()) {
    return {Severity::kError, "no caBundle", untrusted};
  }
  const auto pem = text::decode_base64(webhook.ca_bundle());
  if (!pem) return {Severity::kError, "the caBundle is not base64", untrusted};
  const auto bundle = certs::read_certificates(*pem);
  if (!bundle)
    return {Severity::kError, fmt::format("the caBundle cannot be read: {}", bundle.error().text), untrusted};
  const auto usable = [&](const Certificate& c) { return now >= c.not_before && now <= c.not_after; };
  if (std::ranges::none_of(*bundle, usable)) {
    return {
        Severity::kError,
        fmt::format("all CAs in the caBundle have expired, the last one on {}",
                    text::format_rfc3339(std::ranges::max(*bundle, {}, &Certificate::not_after).not_after)),
        "every write of these objects fails: x509: certificate has expired or is not yet valid"};
  }
  const bool holds_current = !current_ca || std::ranges::any_of(*bundle, [&](const Certificate& c) {
    return c.fingerprint == *current_ca;
  });
  if (!holds_current) return {Severity::kError, "the caBundle does not contain the current CA", untrusted};
  const Time last = std::ranges::max(*bundle, {}, &Certificate::not_after).not_after;
  if (last - now < kSoon) {
    return {Severity::kWarning,
            fmt::format("the last CA in the caBundle expires in {}", days_left(last, now)),
            "it was not renewed"};
  }
  return {};
}

std::string bundle_remedy(const ClusterSnapshot& snapshot) {
  if (makes_own_certificates(snapshot)) {
    return "the webhook that holds the Lease writes it within seconds; its log shows why it does not";
  }
  return "let cert-manager's cainjector write it (annotation cert-manager.io/inject-ca-from), or write the "
         "issuer's CA "
         "into it";
}

/// The fingerprint of the CA that signs leaves; nothing if it is unknown.
std::optional<std::string> current_ca(const ClusterSnapshot& snapshot) {
  const ObjectView secret(snapshot.find(kube::kSecrets, snapshot.names.ns, snapshot.names.ca_secret));
  if (!secret || !makes_own_certificates(snapshot)) return std::nullopt;
  const auto set = read_ca_set(secret);
  if (!set || !set->current) return std::nullopt;
  const auto certificate = certs::read_certificates(set->current->certificate_pem());
  if (!certificate) return std::nullopt;
  return certificate->front().fingerprint;
}

// ---- the served certificate

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += fmt::format("{}{}", out.empty() ? "" : ", ", name);
  return out.empty() ? "none" : out;
}

void report_verdict(const CertificateVerdict& verdict, const ServedCertificate& served,
                    const std::string& name, const ClusterSnapshot& snapshot, Findings& out) {
  using Problem = CertificateVerdict::Problem;
  Details details{.about = served.address, .command = logs_command(snapshot)};
  const std::string until = text::format_rfc3339(verdict.not_after);
  switch (verdict.problem) {
    case Problem::kNone: {
      if (verdict.not_after - snapshot.now < kSoon) {
        details.found =
            fmt::format("the certificate expires in {}", days_left(verdict.not_after, snapshot.now));
        details.cause = "it should have been renewed by now";
        details.remedy = makes_own_certificates(snapshot) ? "restart the webhook, and read its log"
                                                          : "find out why its issuer does not renew it";
        return out.warning(std::move(details));
      }
      return out.ok({.about = served.address,
                     .found = fmt::format("trusted, names {}, until {}", joined(verdict.names), until)});
    }
    case Problem::kUntrusted:
      details.found = fmt::format("the caBundle does not trust the certificate: {}", verdict.detail);
      details.cause = "every write fails: x509: certificate signed by unknown authority";
      details.remedy = bundle_remedy(snapshot);
      break;
    case Problem::kWrongName:
      details.found = fmt::format("the certificate is for {}, not for {}", joined(verdict.names), name);
      details.cause = fmt::format("every write fails: x509: certificate is valid for {}, not {}",
                                  joined(verdict.names), name);
      details.remedy =
          "start the webhook with --namespace and --service-name of the registered Service, or add that name "
          "at "
          "the issuer";
      break;
    case Problem::kExpired:
      details.found = fmt::format("the certificate expired on {}", until);
      details.cause = "every write fails: x509: certificate has expired or is not yet valid";
      details.remedy = makes_own_certificates(snapshot) ? "restart the webhook, and read its log"
                                                        : "find out why its issuer does not renew it";
      break;
    case Problem::kNotYetValid:
      details.found =
          fmt::format("the certificate is valid from {} only", text::format_rfc3339(verdict.not_before));
      details.cause = "every write fails: x509: certificate has expired or is not yet valid";
      details.remedy = "fix the clock of the webhook's node";
      break;
    case Problem::kUnreadable:
      details.found = verdict.detail;
      details.cause = "every write fails";
      details.remedy = "check that this is the webhook's port";
      break;
  }
  out.error(std::move(details));
}

}  // namespace

void check_ca_secret(const ClusterSnapshot& snapshot, Findings& out) {
  if (!makes_own_certificates(snapshot)) {
    return out.ok({.found = "not used: certificates come from files or from cert-manager"});
  }
  const std::string about = secret_name(snapshot);
  const std::string renew =
      fmt::format("kubectl delete secret -n {} {}", snapshot.names.ns, snapshot.names.ca_secret);
  const ObjectView secret(snapshot.find(kube::kSecrets, snapshot.names.ns, snapshot.names.ca_secret));
  if (!secret) {
    if (!out.could_read(snapshot, kube::kSecrets, snapshot.names.ns)) return;
    return out.error(
        {.about = about,
         .found = "does not exist",
         .cause = "the webhook creates it at its start: it does not run, or may not create Secrets",
         .remedy = "read its log",
         .command = logs_command(snapshot)});
  }
  const auto set = read_ca_set(secret);
  if (!set || !set->current) {
    return out.error(
        {.about = about,
         .found = set ? "it contains no CA" : set.error(),
         .cause =
             "it was edited; a webhook that starts now signs no certificate, because it never overwrites "
             "a Secret that it cannot read",
         .remedy = "restore it, or delete it: the webhook creates a new one and writes the caBundle",
         .command = renew});
  }
  const Time end = set->current->not_after();
  Details details{.about = about,
                  .remedy = "the webhook that holds the Lease rotates it; read its log",
                  .command = logs_command(snapshot)};
  if (end < snapshot.now) {
    details.found = fmt::format("its CA expired on {}", text::format_rfc3339(end));
    details.cause = "no replica held the Lease for months, or the clock was wrong";
    return out.error(std::move(details));
  }
  if (end - snapshot.now < kSoon) {
    details.found = fmt::format("its CA expires in {}", days_left(end, snapshot.now));
    details.cause = "the rotation is overdue";
    return out.warning(std::move(details));
  }
  out.ok({.found = fmt::format("the current CA is valid until {}", text::format_rfc3339(end))});
}

void check_ca_bundle(const ClusterSnapshot& snapshot, Findings& out) {
  const std::vector<RegisteredWebhook> ours = our_webhooks(snapshot);
  if (ours.empty()) return out.skipped({.found = "no webhook of ours is registered"});
  const std::optional<std::string> signer = current_ca(snapshot);
  // The same problem of several webhooks is one finding.
  std::map<std::string, std::pair<BundleProblem, std::vector<std::string>>> problems;
  for (const RegisteredWebhook& webhook : ours) {
    BundleProblem problem = bundle_problem(webhook, signer, snapshot.now);
    if (problem.severity == Severity::kOk) continue;
    auto& entry = problems[problem.found];
    entry.first = std::move(problem);
    entry.second.emplace_back(webhook.to_string());
  }
  for (auto& [found, entry] : problems) {
    auto& [problem, webhooks] = entry;
    const bool all = webhooks.size() == ours.size() && ours.size() > 1;
    Details details{
        .about = all ? fmt::format("all {} webhooks of {}", ours.size(), snapshot.names.registration)
                     : joined(webhooks),
        .found = std::move(problem.found),
        .cause = std::move(problem.cause),
        .remedy = bundle_remedy(snapshot),
        .command = logs_command(snapshot)};
    problem.severity == Severity::kError ? out.error(std::move(details)) : out.warning(std::move(details));
  }
}

void check_certificate(const ClusterSnapshot& snapshot, Findings& out) {
  if (snapshot.served.empty()) {
    return out.skipped({.found = snapshot.certificate_skipped.empty() ? "no webhook to connect to"
                                                                      : snapshot.certificate_skipped,
                        .remedy = "if Pods cannot be reached, forward a port and name the address:",
                        .command = fmt::format("kubectl port-forward -n {} deployment/{} 9443 &\n"
                                               "modelgate doctor --webhook-address 127.0.0.1:9443",
                                               snapshot.names.ns, snapshot.names.service)});
  }
  for (const ServedCertificate& served : snapshot.served) {
    if (!served.error.empty()) {
      out.error({.about = served.address,
                 .found = served.error,
                 .cause = "the API server gets the same error if it uses the same network",
                 .remedy = "check that the webhook runs, and that no NetworkPolicy or firewall blocks it",
                 .command = fmt::format("kubectl get pods -n {} -o wide", snapshot.names.ns)});
      continue;
    }
    // Webhooks with the same name and caBundle are checked once.
    std::vector<std::pair<std::string, std::string_view>> checked;
    for (const RegisteredWebhook& webhook : our_webhooks(snapshot)) {
      const std::pair<std::string, std::string_view> key{expected_name(webhook), webhook.ca_bundle()};
      if (key.first != served.server_name || std::ranges::find(checked, key) != checked.end()) continue;
      checked.push_back(key);
      const auto pem = text::decode_base64(webhook.ca_bundle());
      const CertificateVerdict verdict = judge(served, pem.value_or(""), key.first, snapshot.now);
      report_verdict(verdict, served, key.first, snapshot, out);
    }
  }
}

}  // namespace modelgate::cli
