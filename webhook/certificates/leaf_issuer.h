// SPDX-License-Identifier: Apache-2.0
//
// The leaf certificate of one replica: when a new one is due, which CA signs it, and signing. Used by
// cluster_certificates.h. No I/O; the clocks are the caller's.
//
//   LeafIssuer issuer(leaf_options({.ns = "kserve", .service = "modelgate-webhook"}), rotation);
//   if (issuer.is_due(inputs)) {
//     const auto pair = issuer.issue(inputs);
//     ...
//   }
//
// A leaf is due at two thirds of its life (certs::leaf_is_due), and when the Secret has a current CA that may
// sign (certs::may_adopt). Until then the CA that signed the last leaf signs the next one too.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/ca_set.h"
#include "certs/key_pair.h"
#include "webhook/certificates/ca_bundle.h"

namespace modelgate::webhook {

struct LeafNames {
  std::string_view ns, service;           // of the Service that the API server calls
  const std::vector<std::string>& hosts;  // more DNS names and IP addresses
};

/// A leaf for all names of the Service, for the loopback, and for the hosts.
certs::LeafOptions leaf_options(const LeafNames& names);

class LeafIssuer {
 public:
  using Pair = std::shared_ptr<const certs::KeyPair>;

  /// What decides whether a leaf is due and who signs it.
  struct Inputs {
    const certs::CaSet& cas;     // as last read from the Secret
    std::string_view published;  // fingerprint of the last `next` CA that was seen with its time
    const BundleHistory& history;
    certs::TimePoint now;
    BundleHistory::Time steady_now;
  };

  LeafIssuer(certs::LeafOptions leaf, certs::RotationOptions rotation)
      : leaf_(std::move(leaf)), rotation_(rotation) {
    leaf_.lifetime = rotation_.leaf_lifetime;
  }

  bool is_due(const Inputs& inputs) const;
  /// Signs a leaf by the Secret's current CA, or by the CA before while that is not trusted everywhere yet.
  certs::Result<Pair> issue(const Inputs& inputs);

  /// The last leaf; nullptr before the first.
  const Pair& pair() const { return pair_; }
  /// The CA that signed it.
  const std::optional<certs::Authority>& signer() const { return signer_; }
  const std::optional<certs::Certificate>& signer_certificate() const { return signer_certificate_; }

 private:
  bool should_adopt_new_ca(const Inputs& inputs) const;

  certs::LeafOptions leaf_;
  const certs::RotationOptions rotation_;
  std::optional<certs::Authority> signer_;
  std::optional<certs::Certificate> signer_certificate_;
  Pair pair_;
  certs::TimePoint issued_;
};

}  // namespace modelgate::webhook
