// SPDX-License-Identifier: Apache-2.0
//
// A certificate authority: ECDSA P-256 keys, SHA-256 signatures, X.509 v3 certificates for TLS (RFC 5280).
// Used by certs/self_made.h, and by certs/ca_set.h for the CAs in a Secret.
//
//   auto ca = Authority::make({.now = now});
//   auto leaf = ca->sign(
//       {.dns_names = {"webhook.modelgate.svc"}, .ip_addresses = {"127.0.0.1"}, .now = now});
//   write_file("ca.crt", ca->certificate_pem());
//
// Certificates are valid from kBackdate before `now`, since clocks differ. A leaf does not outlive its CA.
// The caller passes the time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/key_pair.h"

namespace modelgate::certs {

/// How much clocks in a cluster may differ before our certificates are rejected as not yet valid.
inline constexpr std::chrono::seconds kBackdate = std::chrono::hours(1);

struct CaOptions {
  std::string common_name = "modelgate-ca";
  /// Ten years: without rotation nothing replaces it. The rotation sets a shorter one.
  std::chrono::seconds lifetime = std::chrono::hours(24 * 3650);
  TimePoint now = {};
};

struct LeafOptions {
  std::string common_name = "modelgate-webhook";
  /// The API server, with Go's TLS client, matches these and never the common name.
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};  // v4 or v6 in text
  bool for_client = false;                     // clientAuth in place of serverAuth
  std::chrono::seconds lifetime = std::chrono::hours(24 * 30);
  TimePoint now = {};
};

class Authority {
 public:
  /// A new CA with a new key. Errors: kOpenssl.
  static Result<Authority> make(const CaOptions& options);

  /// A CA from its PEM. Errors: those of KeyPair::from_pem; kMalformed if it is not a CA.
  static Result<Authority> from_pem(std::string_view certificate, std::string_view key);

  /// A new key and its certificate. The chain contains only the leaf, since clients trust the CA. Errors:
  /// kBadName (no name, or an invalid one), kExpired if the CA has expired, kOpenssl.
  Result<std::shared_ptr<const KeyPair>> sign(const LeafOptions& options) const;

  /// The text for `caBundle`.
  std::string certificate_pem() const { return pair_->chain_pem(); }
  std::string key_pem() const { return pair_->key_pem(); }  // a secret

  TimePoint not_after() const { return pair_->not_after(); }
  const std::string& fingerprint() const { return pair_->fingerprint(); }

  /// kExpired or kNotYetValid if it may not sign at `now`.
  Result<void> check_dates(TimePoint now) const { return pair_->check_dates(now); }

 private:
  explicit Authority(std::shared_ptr<const KeyPair> pair) : pair_(std::move(pair)) {}

  std::shared_ptr<const KeyPair> pair_;
};

}  // namespace modelgate::certs
