// SPDX-License-Identifier: Apache-2.0
//
// Trust: the CAs in the Secret, those that the API server is told to trust, and what is really served.
#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <map>
#include <optional>

#include "certs/ca_set.h"
#include "certs/certificate.h"
#include "cli/doctor/checks.h"
#include "spec/base64.h"
#include "spec/view.h"

namespace modelgate::cli {
namespace {

using certs::Certificate;
using spec::ObjectView;
using spec::Value;
using Time = std::chrono::system_clock::time_point;

/// A leaf of ours is renewed at two thirds of 30 days and a CA at two thirds of a year, so that what has less
/// than this left was not renewed when it should have been.
constexpr std::chrono::hours kSoon{24 * 3};

std::string days_left(Time end, Time now) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(end - now).count();
  return hours < 48 ? fmt::format("{} hours", hours) : fmt::format("{} days", hours / 24);
}

std::string secret_name(const ClusterPicture& picture) {
  return fmt::format("Secret {}/{}", picture.names.ns, picture.names.ca_secret);
}

/// Its texts name keys, never values.
std::expected<certs::SecretData, std::string> data_of(const ObjectView& secret) {
  certs::SecretData out;
  const ObjectView data = secret.object("data");
  if (!data) return out;
  for (const auto& member : data.value()->GetObject()) {
    const auto bytes =
        member.value.IsString() ? spec::decode_base64(spec::text_of(member.value)) : std::nullopt;
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

/// The name that the API server expects of the certificate.
std::string expected_name(const RegisteredWebhook& webhook) {
  if (!webhook.url().empty()) return host_and_port(webhook.url()).first;
  return fmt::format("{}.{}.svc", webhook.service_name(), webhook.service_namespace());
}

std::string logs_command(const ClusterPicture& picture) {
  return fmt::format("kubectl logs -n {} deployment/{} | grep -i -e certificate -e lease -e caBundle",
                     picture.names.ns, picture.names.service);
}

// ---- caBundle

/// What is wrong with a bundle, and how bad.
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
  const auto pem = spec::decode_base64(webhook.ca_bundle());
  if (!pem) return {Severity::kError, "the caBundle is not base64", untrusted};
  const auto bundle = certs::read_certificates(*pem);
  if (!bundle)
    return {Severity::kError, fmt::format("the caBundle cannot be read: {}", bundle.error().text), untrusted};
  const auto usable = [&](const Certificate& c) { return now >= c.not_before && now <= c.not_after; };
  if (std::ranges::none_of(*bundle, usable)) {
    return {Severity::kError,
            fmt::format("all CAs in the caBundle have expired, the last one on {}",
                        certs::to_rfc3339(std::ranges::max(*bundle, {}, &Certificate::not_after).not_after)),
            "every write of these objects fails: x509: certificate has expired or is not yet valid"};
  }
  const bool holds_current = !current_ca || std::ranges::any_of(*bundle, [&](const Certificate& c) {
    return c.fingerprint == *current_ca;
  });
  if (!holds_current)
    return {Severity::kError, "the caBundle does not hold the CA that signs now", untrusted};
  const Time last = std::ranges::max(*bundle, {}, &Certificate::not_after).not_after;
  if (last - now < kSoon) {
    return {Severity::kWarning,
            fmt::format("the last CA in the caBundle expires in {}", days_left(last, now)),
            "nobody has renewed it"};
  }
  return {};
}

std::string bundle_remedy(const ClusterPicture& picture) {
  if (makes_own_certificates(picture)) {
    return "the webhook that holds the lease writes it within seconds; its log says what keeps it from that";
  }
  return "let cert-manager's cainjector write it (annotation cert-manager.io/inject-ca-from), or write the "
         "issuer's CA "
         "into it";
}

/// The fingerprint of the CA that signs now; nothing where it is not known.
std::optional<std::string> current_ca(const ClusterPicture& picture) {
  const ObjectView secret(picture.find(kube::kSecrets, picture.names.ns, picture.names.ca_secret));
  if (!secret || !makes_own_certificates(picture)) return std::nullopt;
  const auto set = read_ca_set(secret);
  if (!set || !set->current) return std::nullopt;
  const auto certificate = certs::read_certificates(set->current->certificate_pem());
  if (!certificate) return std::nullopt;
  return certificate->front().fingerprint;
}

// ---- what is served

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += fmt::format("{}{}", out.empty() ? "" : ", ", name);
  return out.empty() ? "none" : out;
}

/// What is wrong with it, or what is right.
void tell_verdict(const CertificateVerdict& verdict, const ServedCertificate& served, const std::string& name,
                  const ClusterPicture& picture, Findings& out) {
  using Problem = CertificateVerdict::Problem;
  Words words{.about = served.address, .command = logs_command(picture)};
  const std::string until = certs::to_rfc3339(verdict.not_after);
  switch (verdict.problem) {
    case Problem::kNone: {
      if (verdict.not_after - picture.now < kSoon) {
        words.found = fmt::format("the certificate expires in {}", days_left(verdict.not_after, picture.now));
        words.cause = "it should have been renewed by now";
        words.remedy = makes_own_certificates(picture) ? "restart the webhook, and see what its log says"
                                                       : "see why its issuer does not renew it";
        return out.warning(std::move(words));
      }
      return out.ok({.about = served.address,
                     .found = fmt::format("trusted, names {}, until {}", joined(verdict.names), until)});
    }
    case Problem::kUntrusted:
      words.found = fmt::format("the certificate does not lead to the caBundle: {}", verdict.detail);
      words.cause = "every write fails: x509: certificate signed by unknown authority";
      words.remedy = bundle_remedy(picture);
      break;
    case Problem::kWrongName:
      words.found = fmt::format("the certificate is for {}, not for {}", joined(verdict.names), name);
      words.cause = fmt::format("every write fails: x509: certificate is valid for {}, not {}",
                                joined(verdict.names), name);
      words.remedy =
          "start the webhook with --namespace and --service-name of the Service that is registered, or have "
          "its issuer put that name into it";
      break;
    case Problem::kExpired:
      words.found = fmt::format("the certificate expired on {}", until);
      words.cause = "every write fails: x509: certificate has expired or is not yet valid";
      words.remedy = makes_own_certificates(picture) ? "restart the webhook, and see what its log says"
                                                     : "see why its issuer does not renew it";
      break;
    case Problem::kNotYetValid:
      words.found =
          fmt::format("the certificate is valid from {} only", certs::to_rfc3339(verdict.not_before));
      words.cause = "every write fails: x509: certificate has expired or is not yet valid";
      words.remedy = "mend the clock of the node that the webhook runs on";
      break;
    case Problem::kUnreadable:
      words.found = verdict.detail;
      words.cause = "every write fails";
      words.remedy = "see whether this is the webhook's port";
      break;
  }
  out.error(std::move(words));
}

}  // namespace

void check_ca_secret(const ClusterPicture& picture, Findings& out) {
  if (!makes_own_certificates(picture)) {
    return out.ok({.found = "not used: certificates come from files or from cert-manager"});
  }
  const std::string about = secret_name(picture);
  const std::string renew =
      fmt::format("kubectl delete secret -n {} {}", picture.names.ns, picture.names.ca_secret);
  const ObjectView secret(picture.find(kube::kSecrets, picture.names.ns, picture.names.ca_secret));
  if (!secret) {
    if (!out.could_read(picture, kube::kSecrets, picture.names.ns)) return;
    return out.error(
        {.about = about,
         .found = "it is not there",
         .cause = "the webhook makes it when it starts; it does not run, or may not create Secrets",
         .remedy = "see what it says",
         .command = logs_command(picture)});
  }
  const auto set = read_ca_set(secret);
  if (!set || !set->current) {
    return out.error(
        {.about = about,
         .found = set ? "it holds no CA" : set.error(),
         .cause = "somebody edited it; a webhook that starts now signs no certificate, since it overwrites "
                  "nothing that it cannot read",
         .remedy = "restore it, or delete it: the webhook makes a new one and writes the caBundle",
         .command = renew});
  }
  const Time end = set->current->not_after();
  Words words{.about = about,
              .remedy = "the webhook that holds the lease rotates it; see what it says",
              .command = logs_command(picture)};
  if (end < picture.now) {
    words.found = fmt::format("its CA expired on {}", certs::to_rfc3339(end));
    words.cause = "nobody held the lease for months, or the clock was wrong";
    return out.error(std::move(words));
  }
  if (end - picture.now < kSoon) {
    words.found = fmt::format("its CA expires in {}", days_left(end, picture.now));
    words.cause = "it should have been rotated long ago";
    return out.warning(std::move(words));
  }
  out.ok({.found = fmt::format("the CA that signs is valid until {}", certs::to_rfc3339(end))});
}

void check_ca_bundle(const ClusterPicture& picture, Findings& out) {
  const std::vector<RegisteredWebhook> ours = our_webhooks(picture);
  if (ours.empty()) return out.skipped({.found = "no webhook of ours is known to be registered"});
  const std::optional<std::string> signer = current_ca(picture);
  // The same problem with several is told once.
  std::map<std::string, std::pair<BundleProblem, std::vector<std::string>>> problems;
  for (const RegisteredWebhook& webhook : ours) {
    BundleProblem problem = bundle_problem(webhook, signer, picture.now);
    if (problem.severity == Severity::kOk) continue;
    auto& entry = problems[problem.found];
    entry.first = std::move(problem);
    entry.second.emplace_back(webhook.to_string());
  }
  for (auto& [found, entry] : problems) {
    auto& [problem, webhooks] = entry;
    const bool all = webhooks.size() == ours.size() && ours.size() > 1;
    Words words{.about = all ? fmt::format("all {} webhooks of {}", ours.size(), picture.names.registration)
                             : joined(webhooks),
                .found = std::move(problem.found),
                .cause = std::move(problem.cause),
                .remedy = bundle_remedy(picture),
                .command = logs_command(picture)};
    problem.severity == Severity::kError ? out.error(std::move(words)) : out.warning(std::move(words));
  }
}

void check_certificate(const ClusterPicture& picture, Findings& out) {
  if (picture.served.empty()) {
    return out.skipped(
        {.found = picture.not_served_why.empty() ? "no webhook to connect to" : picture.not_served_why,
         .remedy = "where Pods cannot be reached, go by the API server and name the address:",
         .command = fmt::format("kubectl port-forward -n {} deployment/{} 9443 &\n"
                                "modelgate doctor --webhook-address 127.0.0.1:9443",
                                picture.names.ns, picture.names.service)});
  }
  for (const ServedCertificate& served : picture.served) {
    if (!served.error.empty()) {
      out.error(
          {.about = served.address,
           .found = served.error,
           .cause = "what the API server would meet too, if it goes the same way",
           .remedy = "see whether the webhook runs, and whether a NetworkPolicy or firewall is in between",
           .command = fmt::format("kubectl get pods -n {} -o wide", picture.names.ns)});
      continue;
    }
    // Webhooks that are asked for by one name and trust the same are one question.
    std::vector<std::pair<std::string, std::string_view>> asked;
    for (const RegisteredWebhook& webhook : our_webhooks(picture)) {
      const std::pair<std::string, std::string_view> question{expected_name(webhook), webhook.ca_bundle()};
      if (question.first != served.server_name || std::ranges::find(asked, question) != asked.end()) continue;
      asked.push_back(question);
      const auto pem = spec::decode_base64(webhook.ca_bundle());
      const CertificateVerdict verdict = judge(served, pem.value_or(""), question.first, picture.now);
      tell_verdict(verdict, served, question.first, picture, out);
    }
  }
}

}  // namespace modelgate::cli
