// SPDX-License-Identifier: Apache-2.0
//
// The caBundles of our registration: which are ours, what they hold, and the request that sets them. Pure;
// used by webhook/certificates/registration.h.
//
//   Registration registered = read_registration(configuration, {ns, service});
//   if (differs(registered, wanted)) apply(bundle_patch("ValidatingWebhookConfiguration", registered, pem));
//
// Ours are the webhooks of the configurations that are registered under our name, but for those that name
// another's Service: somebody may have added one of his own there. One by URL counts as ours.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/certificate.h"
#include "spec/json.h"

namespace modelgate::webhook {

struct OurService {
  std::string_view ns, service;
};

struct RegisteredWebhook {
  std::string name;
  // What its caBundle holds; empty too where that cannot be read.
  std::vector<certs::Certificate> bundle;
};

// One MutatingWebhookConfiguration or ValidatingWebhookConfiguration.
struct Registration {
  std::string name;
  std::string resource_version;
  std::vector<RegisteredWebhook> webhooks;  // ours, in their order
  // Where we own fields, a merge patch (RFC 7386) by which nobody owns them any more; else empty. Needs
  // managedFields to have been read.
  std::string disowning = {};
};

inline constexpr std::string_view kBundleManager = "modelgate-webhook";  // field manager

Registration read_registration(const spec::Value& configuration, const OurService& ours);

// True where a webhook of ours holds other CAs than `wanted`; their order does not matter.
bool differs(const Registration& registration, std::span<const certs::Certificate> wanted);

// The body for server-side apply: name and caBundle of all our webhooks (one left out would lose its own),
// for the version that was read, so that a webhook removed meanwhile is not made again.
std::string bundle_patch(std::string_view kind, const Registration& registration, std::string_view pem);

// Since when CAs have been in every registered bundle, by a clock that does not jump.
class BundleMemory {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // What is registered at `now`; all of it, each time.
  void look(std::span<const Registration> registered, Time now);

  bool is_registered() const { return is_registered_; }
  // Nothing: it is not in all of them.
  std::optional<std::chrono::nanoseconds> held_for(const std::string& fingerprint, Time now) const;

 private:
  bool is_registered_ = false;
  std::map<std::string, Time> since_;  // by fingerprint
};

}  // namespace modelgate::webhook
