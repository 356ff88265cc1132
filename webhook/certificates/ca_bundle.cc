// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificates/ca_bundle.h"

#include <algorithm>
#include <set>
#include <utility>

#include "spec/text/base64.h"

namespace modelgate::webhook {
namespace {

std::string_view text_at(const spec::Value* object, std::string_view key) {
  const spec::Value* const found = spec::find(object, key);
  return found != nullptr && found->IsString() ? spec::text_of(*found) : std::string_view();
}

bool is_ours(const spec::Value* client_config, const OurService& ours) {
  const spec::Value* const service = spec::find(client_config, "service");
  return service == nullptr ||
         (text_at(service, "name") == ours.service && text_at(service, "namespace") == ours.ns);
}

std::vector<certs::Certificate> read_bundle(std::string_view base64) {
  const auto pem = text::decode_base64(base64);
  if (!pem || pem->empty()) return {};
  auto certificates = certs::read_certificates(*pem);
  return certificates ? std::move(*certificates) : std::vector<certs::Certificate>();
}

/// managedFields without our entry.
std::string release_patch(const spec::Value* metadata) {
  const spec::Value* const managed = spec::find(metadata, "managedFields");
  if (managed == nullptr || !managed->IsArray()) return {};
  std::string others;
  bool owned = false;
  for (const spec::Value& entry : managed->GetArray()) {
    if (text_at(&entry, "manager") == kBundleManager && text_at(&entry, "operation") == "Apply") {
      owned = true;
      continue;
    }
    if (!others.empty()) others += ',';
    spec::append_json(entry, others);
  }
  if (!owned) return {};
  std::string body = R"({"metadata":{"resourceVersion":)";
  spec::append_json(text_at(metadata, "resourceVersion"), body);
  return body + R"(,"managedFields":[)" + (others.empty() ? "{}" : others) + "]}}";  // [] would be ignored
}

std::set<std::string> fingerprints(std::span<const certs::Certificate> certificates) {
  std::set<std::string> all;
  for (const certs::Certificate& certificate : certificates) all.insert(certificate.fingerprint);
  return all;
}

}  // namespace

Registration read_registration(const spec::Value& configuration, const OurService& ours) {
  Registration registration;
  const spec::Value* const metadata = spec::find(configuration, "metadata");
  registration.name = text_at(metadata, "name");
  registration.resource_version = text_at(metadata, "resourceVersion");
  registration.release_patch = release_patch(metadata);
  const spec::Value* const webhooks = spec::find(configuration, "webhooks");
  if (webhooks == nullptr || !webhooks->IsArray()) return registration;
  for (const spec::Value& webhook : webhooks->GetArray()) {
    const spec::Value* const client_config = spec::find(webhook, "clientConfig");
    if (!is_ours(client_config, ours)) continue;
    registration.webhooks.push_back({.name = std::string(text_at(&webhook, "name")),
                                     .bundle = read_bundle(text_at(client_config, "caBundle"))});
  }
  return registration;
}

bool differs(const Registration& registration, std::span<const certs::Certificate> desired) {
  const std::set<std::string> all = fingerprints(desired);
  return std::ranges::any_of(registration.webhooks, [&](const RegisteredWebhook& webhook) {
    return fingerprints(webhook.bundle) != all;
  });
}

std::string bundle_patch(std::string_view kind, const Registration& registration, std::string_view pem) {
  std::string body = R"({"apiVersion":"admissionregistration.k8s.io/v1","kind":)";
  spec::append_json(kind, body);
  body += R"(,"metadata":{"name":)";
  spec::append_json(registration.name, body);
  body += R"(,"resourceVersion":)";
  spec::append_json(registration.resource_version, body);
  body += R"(},"webhooks":[)";
  const std::string bundle = text::encode_base64(pem);
  for (const RegisteredWebhook& webhook : registration.webhooks) {
    if (&webhook != &registration.webhooks.front()) body += ',';
    body += R"({"name":)";
    spec::append_json(webhook.name, body);
    body += R"(,"clientConfig":{"caBundle":")" + bundle + R"("}})";
  }
  return body + "]}";
}

void BundleHistory::observe(std::span<const Registration> registered, Time now) {
  std::map<std::string, Time> held;
  is_registered_ = false;
  for (const Registration& registration : registered) {
    for (const RegisteredWebhook& webhook : registration.webhooks) {
      const std::set<std::string> here = fingerprints(webhook.bundle);
      if (!is_registered_) {
        for (const std::string& one : here) held.emplace(one, now);
      } else {
        std::erase_if(held, [&](const auto& entry) { return !here.contains(entry.first); });
      }
      is_registered_ = true;
    }
  }
  for (auto& [fingerprint, since] : held) {
    const auto before = since_.find(fingerprint);
    if (before != since_.end()) since = before->second;
  }
  since_ = std::move(held);
}

std::optional<std::chrono::nanoseconds> BundleHistory::held_for(const std::string& fingerprint,
                                                                Time now) const {
  const auto found = since_.find(fingerprint);
  return found == since_.end() ? std::nullopt : std::optional<std::chrono::nanoseconds>(now - found->second);
}

}  // namespace modelgate::webhook
