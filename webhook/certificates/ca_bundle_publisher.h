// SPDX-License-Identifier: Apache-2.0
//
// Publishes the CAs to the API server: reads the MutatingWebhookConfiguration and the
// ValidatingWebhookConfiguration of our name, compares their caBundles, and writes them. Used by
// cluster_certificates.h; on the client's thread.
//
//   CaBundlePublisher publisher(client, {...}, failures, [this] { wake(); });
//   publisher.start();
//   co_await publisher.refresh();                            // no call unless something has changed
//   if (leads) co_await publisher.write(desired_pem, leader_until);
//
// Either configuration may not exist, be created later, or lose its caBundles when it is applied again: each
// change is read within moments.
//
// A caBundle is written by server-side apply, and then we give up ownership of it: the owner of a field of a
// list entry keeps the whole entry alive, so `kubectl apply --server-side` of a registration with one webhook
// less would fail on the rest of the removed one. A field without an owner also stays when the registration is
// applied again without it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "webhook/certificates/ca_bundle.h"
#include "webhook/certificates/failure_log.h"
#include "webhook/certificates/watched_object.h"

namespace modelgate::webhook {

struct CaBundlePublisherOptions {
  std::string ns, service;  // that the API server calls
  std::string name;         // of both configurations
};

class CaBundlePublisher {
 public:
  /// `on_change` is called when a configuration has changed. All references must outlive this.
  CaBundlePublisher(kube::Client& client, CaBundlePublisherOptions options, FailureLog& failures,
                    std::function<void()> on_change);

  void start();

  /// Reads the configurations that may have changed.
  kube::Task<void> refresh();
  /// True if write() would change something.
  bool needs_write(std::string_view pem) const;
  /// Makes every caBundle of ours hold these CAs, based on live reads. Nothing is written after `until`.
  kube::Task<void> write(std::string pem, kube::SteadyTime until);

  /// Of the bundles as last read, if both configurations are known.
  const BundleHistory& history() const { return history_; }
  /// Why an API server that trusts the caBundles does not trust the pair; empty if all do. `allow_empty`: a
  /// webhook without caBundle is verified with the API server's system roots, which may know the issuer.
  std::string problem_of(const certs::KeyPair& pair, bool allow_empty) const;

  /// Increases whenever the result of problem_of() may have changed.
  std::uint64_t generation() const { return generation_; }
  std::uint64_t writes() const { return writes_; }

 private:
  struct Configuration {
    Configuration(kube::Client& client, const kube::Resource& kind, const std::string& name,
                  const std::function<void()>& on_change);

    const kube::Resource& resource;
    WatchedObject object;
    std::optional<Registration> registered;  // nothing: it does not exist
    kube::SteadyTime written_at{};
    kube::SteadyTime write_after{};
    kube::Backoff pause;
  };

  // Of the configuration with this index.
  kube::Task<void> read(std::size_t which);
  void take(Configuration& configuration, const kube::Object& object);
  kube::Task<void> write_one(std::size_t which, std::string_view pem, kube::SteadyTime until);
  kube::Task<void> apply(std::size_t which, std::string_view pem, kube::SteadyTime until);
  kube::Task<void> release_ownership(std::size_t which, kube::SteadyTime until);
  void update_history();

  kube::Client& client_;
  const CaBundlePublisherOptions options_;
  FailureLog& failures_;
  std::function<void()> on_change_;
  std::array<Configuration, 2> configurations_;
  BundleHistory history_;
  std::uint64_t generation_ = 0;
  std::uint64_t writes_ = 0;
};

}  // namespace modelgate::webhook
