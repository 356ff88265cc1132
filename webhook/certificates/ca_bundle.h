// SPDX-License-Identifier: Apache-2.0
//
// The caBundles of our registration: which webhooks are ours, what their bundles hold, and the request that
// sets them. Pure; used by ca_bundle_publisher.h.
//
//   Registration registered = read_registration(configuration, {ns, service});
//   if (differs(registered, desired)) apply(bundle_patch("ValidatingWebhookConfiguration", registered, pem));
//
// Ours are the webhooks of the configurations with our name, except those that call another Service: a user may
// have added one. A webhook with a URL counts as ours.
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
  std::vector<certs::Certificate> bundle;  // of its caBundle; empty too if that cannot be decoded
};

/// One MutatingWebhookConfiguration or ValidatingWebhookConfiguration.
struct Registration {
  std::string name;
  std::string resource_version;
  std::vector<RegisteredWebhook> webhooks;  // ours, in their order
  /// If we own fields, a merge patch (RFC 7386) after which no one owns them; else empty. Needs managedFields
  /// to have been read.
  std::string release_patch = {};
};

inline constexpr std::string_view kBundleManager = "modelgate-webhook";  // field manager

Registration read_registration(const spec::Value& configuration, const OurService& ours);

/// True if a webhook of ours holds other CAs than `desired`, in any order.
bool differs(const Registration& registration, std::span<const certs::Certificate> desired);

/// The body for server-side apply: name and caBundle of all our webhooks (one that is missing would lose its
/// caBundle), for the version that was read, so that a webhook deleted meanwhile is not created again.
std::string bundle_patch(std::string_view kind, const Registration& registration, std::string_view pem);

/// Since when a CA has been in every registered bundle, by a steady clock.
class BundleHistory {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `registered`: all that is registered at `now`.
  void observe(std::span<const Registration> registered, Time now);

  bool is_registered() const { return is_registered_; }
  /// Nothing: it is not in all of them.
  std::optional<std::chrono::nanoseconds> held_for(const std::string& fingerprint, Time now) const;

 private:
  bool is_registered_ = false;
  std::map<std::string, Time> since_;  // by fingerprint
};

}  // namespace modelgate::webhook
