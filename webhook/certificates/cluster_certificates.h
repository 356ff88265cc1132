// SPDX-License-Identifier: Apache-2.0
//
// The webhook's certificates in a cluster: CAs in one Secret, a leaf of this replica's own in memory, and the
// CAs in the registration's caBundle. Made by webhook/cluster.cc.
//
//   ClusterCertificates certificates(client, options, [&] { return elector.leader_until(); });
//   certificates.on_pair([&](auto pair) { post_to_main(pair); });
//   certificates.start();                       // loops on the client's context
//   ...
//   if (!certificates.bundle_matches()) not_ready();   // from any thread
//
// Every replica reads the Secret, makes it where it is absent (one POST wins, the others read), signs a leaf
// for itself and renews it at two thirds of its life, by the wall clock. The holder of the lease alone
// changes the Secret and writes the bundle (certs/ca_set.h says when), each from a live read and under its
// resourceVersion, and only where something differs. Watches tell when to look again.
//
// A new CA for everybody, without a gap:
//   kubectl annotate -n kserve secret modelgate-webhook-ca modelgate.io/rotate-ca=now
// The Secret deleted is the same. One that cannot be read is never written: the last good CAs stay in force,
// and the log says what is wrong, until somebody mends or deletes it.
//
// Of the registration we write `webhooks[].clientConfig.caBundle` and nothing else
// (webhook/certificates/registration.h).
//
// With `pair_from_files` somebody else issues: no Secret is touched. Then the bundle is written only where
// `ca_file` names one, which is read again when it changes; otherwise it is only compared.
//
// Needs these permissions (Role in the own namespace, ClusterRole for registrations):
//   secrets: create; get, list, watch, patch of `secret`
//   mutatingwebhookconfigurations, validatingwebhookconfigurations: get, list, watch, patch of `registration`
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "certs/ca_set.h"
#include "certs/key_pair.h"
#include "kube/client/client.h"

namespace modelgate::webhook {

inline constexpr std::string_view kRotateAnnotation = "modelgate.io/rotate-ca";

struct ClusterCertificatesOptions {
  std::string ns = "kserve";                    // --namespace: of Service and Secret
  std::string service = "modelgate-webhook";    // --service-name
  std::string registration = "modelgate";       // --registration: name of both configurations
  std::string secret = "modelgate-webhook-ca";  // --ca-secret
  std::vector<std::string> hosts = {};          // --cert-host: more DNS names and IP addresses
  bool patch_ca_bundle = true;                  // --patch-ca-bundle
  certs::RotationOptions rotation = {};         // --ca-lifetime, --leaf-lifetime, --ca-propagation
  bool pair_from_files = false;                 // --webhook-cert-path
  std::string ca_file = {};                     // with it and --patch-ca-bundle: <cert path>/ca.crt
  // For tests.
  std::function<certs::TimePoint()> clock = [] { return std::chrono::system_clock::now(); };
};

/// For metrics; all but the first as of now.
struct ClusterCertificateCounts {
  std::uint64_t leaves = 0;         // signed
  std::uint64_t errors = 0;         // refused or failed: Secret, signing, bundle
  std::uint64_t rotations = 0;      // changes to the Secret made by this replica
  std::uint64_t bundle_writes = 0;  // caBundles written by this replica, a webhook configuration each
  std::int64_t ca_not_after = 0;    // of the current CA, seconds since the epoch; 0: not known
};

class ClusterCertificates {
 public:
  using Pair = std::shared_ptr<const certs::KeyPair>;

  /// `leader_until`: until when this process holds the lease; in the past: it does not. `client` must outlive
  /// this, and this the run of the client's context.
  ClusterCertificates(kube::Client& client, ClusterCertificatesOptions options,
                      std::function<kube::SteadyTime()> leader_until);
  ~ClusterCertificates();

  /// Told each new pair, on the client's thread. Before start().
  void on_pair(std::function<void(Pair)> told);
  /// Told what people should see as an Event: a word in CamelCase and a sentence. Before start().
  void on_event(std::function<void(bool is_warning, std::string_view reason, std::string message)> told);

  void start();

  /// Look again now: leadership began. On the client's thread.
  void wake();

  /// With pair_from_files: what is served, to be compared with the bundle. On the client's thread.
  void use_pair(Pair pair);

  // From any thread:

  /// True where every webhook of ours that is registered trusts the pair in use. Without a registration
  /// there is nobody who could distrust it: true.
  bool bundle_matches() const;
  /// Why not, in a few words; empty where bundle_matches().
  std::string bundle_problem() const;
  ClusterCertificateCounts counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::webhook
