// SPDX-License-Identifier: Apache-2.0
#pragma once

// A certificate authority of our own: ECDSA P-256 keys, SHA-256 signatures, X.509 v3 as RFC 5280 wants it for
// a TLS server. Used by certs/self_made.h, and by certs/ca_set.h for the CAs in a Secret (from_pem).
//
//   auto ca = Authority::make({.now = now});
//   auto leaf = ca->sign({.dns_names = {"webhook.modelgate.svc"}, .ip_addresses = {"127.0.0.1"}, .now =
//   now}); write_file("ca.crt", ca->certificate_pem());
//
// Every certificate is valid from kBackdate before `now`, since the clocks of two machines differ. A leaf
// never outlives its CA. The clock is the caller's.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/key_pair.h"

namespace modelgate::certs {

// How far clocks within a cluster may be apart before our certificates are refused as not yet valid.
inline constexpr std::chrono::seconds kBackdate = std::chrono::hours(1);

struct CaOptions {
  std::string common_name = "modelgate-ca";
  // Ten years: without rotation nobody is there to replace it. The rotation sets its own, shorter one.
  std::chrono::seconds lifetime = std::chrono::hours(24 * 3650);
  TimePoint now = {};
};

struct LeafOptions {
  std::string common_name = "modelgate-webhook";
  // Go's TLS client, which the API server is, matches these and never the common name.
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};  // v4 or v6 in text
  bool for_client = false;                     // clientAuth in place of serverAuth
  std::chrono::seconds lifetime = std::chrono::hours(24 * 30);
  TimePoint now = {};
};

class Authority {
 public:
  // A new CA with a new key. Errors: kOpenssl.
  static Result<Authority> make(const CaOptions& options);

  // A CA that was written out before. Errors: those of KeyPair::from_pem; kMalformed when it is no CA.
  static Result<Authority> from_pem(std::string_view certificate, std::string_view key);

  // A new key and a certificate for it, with the names asked for. The chain holds the leaf alone,
  // since clients trust the CA itself. Errors: kBadName (no name at all, or one that cannot be a name),
  // kExpired when the CA itself has, kOpenssl.
  Result<std::shared_ptr<const KeyPair>> sign(const LeafOptions& options) const;

  // What a client must trust: the text for `caBundle`.
  std::string certificate_pem() const { return pair_->chain_pem(); }
  std::string key_pem() const { return pair_->key_pem(); }  // a secret

  TimePoint not_after() const { return pair_->not_after(); }
  const std::string& fingerprint() const { return pair_->fingerprint(); }

  // kExpired or kNotYetValid where it may not sign at `now`.
  Result<void> check_dates(TimePoint now) const { return pair_->check_dates(now); }

 private:
  explicit Authority(std::shared_ptr<const KeyPair> pair) : pair_(std::move(pair)) {}

  std::shared_ptr<const KeyPair> pair_;
};

}  // namespace modelgate::certs
