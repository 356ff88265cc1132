// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything of the webhook that talks to the API server: the watches behind the catalog, live reads, the
// certificates, the lease and events, on one thread with one io_context. Made by webhook/main.cc when it runs
// in a cluster.
//
//   Cluster cluster(options, [&] { doorbell.ring(); });
//   cluster.start();
//   ... when rung:
//   ClusterNews news = cluster.take_news();
//   if (news.catalog) hand_out(news.catalog);
//   if (news.pair) server.use_certificate(*news.pair);
//   ...
//   cluster.retire();      // shutting down: the lease is given up, the rest goes on for those still served
//
// Nothing here ends the process: while the API server is away the last catalog and the last pair stay.

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

// What came since the last time; of several of a kind the last one.
struct ClusterNews {
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
  // `rung` is called from the cluster's thread when there are news.
  Cluster(ClusterOptions options, std::function<void()> rung);
  ~Cluster();  // stop()
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  void start();
  // Ends the thread. Who asks for facts from now on gets no answer.
  void stop();

  // From any thread:

  ClusterNews take_news();
  std::shared_ptr<FactSource> facts() const;
  // With pair_from_files: what is served, to be compared with the registered caBundle.
  void use_pair(std::shared_ptr<const certs::KeyPair> pair);
  // Why there is no catalog yet, in a few words: which kinds are waited for.
  std::string catalog_problem() const;
  // Empty where every registered webhook of ours trusts the pair in use.
  std::string bundle_problem() const;
  // Nothing where the thread does not answer within a moment.
  std::optional<ClusterCounts> counts() const;

  // Gives up the lease, so that another replica need not wait for it. Returns at once; retired() is true when
  // it is done.
  void retire();
  bool retired() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::webhook
