// SPDX-License-Identifier: Apache-2.0
//
// The webhook's certificates in a cluster: CAs in one Secret, a leaf certificate for each replica in memory,
// and the CAs in the registration's caBundle. Created by webhook/cluster.cc.
//
//   ClusterCertificates certificates(client, options, [&] { return elector.leader_until(); });
//   certificates.on_pair([&](auto pair) { post_to_main(pair); });
//   certificates.start();                                        // loops on the client's context
//   ...
//   if (!certificates.bundle_problem().empty()) not_ready();     // from any thread
//
// Every replica reads the Secret, creates it if it does not exist (one POST wins, the others read), and signs
// its own leaf (leaf_issuer.h). Only the lease holder changes the Secret (ca_store.h; certs/ca_set.h says when)
// and writes caBundle (ca_bundle_publisher.h). Watches report when to read again.
//
// To rotate the CA, without downtime:
//   kubectl annotate -n kserve secret modelgate-webhook-ca modelgate.io/rotate-ca=now
// Deleting the Secret does the same. A Secret that cannot be read is never written: the last good CAs stay in
// use, and the log says what is wrong, until it is fixed or deleted.
//
// With `pair_from_files` the certificates come from elsewhere and no Secret is touched. Then caBundle is
// written only if `ca_file` is set (it is read again when it changes); otherwise it is only compared.
//
// Needs these permissions (Role in the own namespace, ClusterRole for registrations):
//   secrets: create; get, list, watch, patch of `secret`
//   mutatingwebhookconfigurations, validatingwebhookconfigurations: get, list, watch, patch of `registration`
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "certs/ca_set.h"
#include "certs/key_pair.h"
#include "kube/client/client.h"
#include "webhook/certificates/ca_bundle_publisher.h"
#include "webhook/certificates/ca_store.h"
#include "webhook/certificates/failure_log.h"
#include "webhook/certificates/leaf_issuer.h"

namespace modelgate::webhook {

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

/// For metrics.
struct ClusterCertificateCounts {
  std::uint64_t leaves = 0;         // signed
  std::uint64_t errors = 0;         // failures to read or write the Secret, to sign, or to write caBundle
  std::uint64_t rotations = 0;      // changes to the Secret made by this replica
  std::uint64_t bundle_writes = 0;  // by this replica, counted per webhook configuration
  std::int64_t ca_not_after = 0;    // of the current CA, seconds since the epoch; 0: not known
};

class ClusterCertificates {
 public:
  using Pair = LeafIssuer::Pair;

  /// `leader_until`: until when this process holds the lease; in the past: it does not. `client` must outlive
  /// this, and this the run of the client's context.
  ClusterCertificates(kube::Client& client, ClusterCertificatesOptions options,
                      std::function<kube::SteadyTime()> leader_until);
  ClusterCertificates(const ClusterCertificates&) = delete;
  ClusterCertificates& operator=(const ClusterCertificates&) = delete;

  /// Called with each new pair, on the client's thread. Set before start().
  void on_pair(std::function<void(Pair)> on_pair) { on_pair_ = std::move(on_pair); }
  /// Called with what is worth an Event, on the client's thread. Set before start().
  void on_event(CaStore::OnEvent on_event) { store_.on_event(std::move(on_event)); }

  void start();

  /// Runs the loop at once, e.g. when leadership begins. On the client's thread.
  void wake();

  /// With pair_from_files: the pair in use, to be compared with caBundle. On the client's thread.
  void use_pair(Pair pair);

  // From any thread:

  /// Empty if every registered webhook of ours trusts the pair in use, or none is registered; otherwise why
  /// not, in a few words.
  std::string bundle_problem() const;
  ClusterCertificateCounts counts() const;

 private:
  kube::Task<void> run();
  kube::Task<void> run_once();
  kube::Task<void> renew_leaf_if_due();
  kube::Task<void> write_bundles();
  void read_ca_file();
  void publish_state();
  bool leads() const { return std::chrono::steady_clock::now() < leader_until_(); }
  LeafIssuer::Inputs leaf_inputs() const;
  std::string desired_bundle() const;

  kube::Client& client_;
  const ClusterCertificatesOptions options_;
  const std::function<kube::SteadyTime()> leader_until_;
  std::function<void(Pair)> on_pair_;
  FailureLog failures_;
  kube::Waiters waiters_;
  bool woken_ = false;

  CaStore store_;
  LeafIssuer issuer_;
  CaBundlePublisher publisher_;
  std::string ca_file_pem_;

  Pair pair_;                   // in use
  std::uint64_t pairs_ = 0;     // so far
  std::uint64_t leaves_ = 0;    // of them, signed here
  std::uint64_t compared_ = 0;  // the pairs and bundles that problem_ is about

  mutable std::mutex mutex_;  // for what other threads read
  std::string problem_;
  ClusterCertificateCounts counts_;
};

}  // namespace modelgate::webhook
