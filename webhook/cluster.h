// SPDX-License-Identifier: Apache-2.0
//
// Everything in the webhook that calls the API server: the catalog's watches, live reads, certificates, lease and
// Events, on one thread with one io_context. Created by program.cc when the webhook runs in a cluster.
//
//   Cluster cluster(options, [&] { doorbell.ring(); });
//   cluster.start();
//   ... after the doorbell rang:
//   ClusterUpdate update = cluster.take_update();
//   if (update.catalog) distribute(update.catalog);
//   if (update.pair) server.use_certificate(*update.pair);
//   ...
//   cluster.retire();      // on shutdown: the lease is released, the rest continues for open connections
//
// Nothing here ends the process: while the API server is unreachable the last catalog and pair stay in use.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certs/key_pair.h"
#include "kube/catalog_watch.h"
#include "kube/client/client.h"
#include "kube/client/connection_flags.h"
#include "webhook/certificates/cluster_certificates.h"
#include "webhook/cluster_facts.h"

namespace modelgate::webhook {

struct ClusterOptions {
  kube::Connection connection;
  kube::CatalogWatchOptions catalog;
  ClusterCertificatesOptions certificates;
  std::string lease = "modelgate-webhook";  // in the certificates' namespace
};

/// Changes since the last call; of several of a kind the last one.
struct ClusterUpdate {
  std::shared_ptr<const spec::Catalog> catalog;
  std::shared_ptr<const certs::KeyPair> pair;  // never with pair_from_files
};

struct ClusterCounts {
  std::string host;   // of the API server, with the port
  std::string lease;  // its name
  bool connected = false;
  bool leader = false;
  std::uint64_t configurations_refused = 0;
  std::vector<kube::CatalogKindState> kinds;
  kube::ClientCounts client;
  FactCounts facts;
  ClusterCertificateCounts certificates;
};

class Cluster {
 public:
  /// `on_update` is called from the cluster's thread when take_update() has something new.
  Cluster(ClusterOptions options, std::function<void()> on_update);
  ~Cluster();  // stop()
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  void start();
  /// Ends the thread. Lookups of facts after this get no answer.
  void stop();

  // From any thread:

  ClusterUpdate take_update();
  std::shared_ptr<FactSource> facts() const;
  /// With pair_from_files: the pair in use, to be compared with caBundle.
  void use_pair(std::shared_ptr<const certs::KeyPair> pair);
  /// Why there is no catalog yet: the kinds that have not been listed.
  std::string catalog_problem() const;
  /// Empty if every registered webhook of ours trusts the pair in use.
  std::string bundle_problem() const;
  /// Nothing if the thread does not answer in time.
  std::optional<ClusterCounts> counts() const;

  /// Releases the lease, so that another replica need not wait until it expires. Returns at once; retired() is true
  /// when it is done.
  void retire();
  bool retired() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::webhook
