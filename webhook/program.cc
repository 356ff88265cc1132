// SPDX-License-Identifier: Apache-2.0
//
// Starts the probes, gets a certificate and a catalog, serves HTTPS with them, and replaces either when there is
// a newer one, until a signal comes.
//
// Certificate and catalog come from one of these:
//   a cluster (webhook/cluster.h): --kubeconfig, --kube-context, or within a Pod
//   files: --manifests and --webhook-cert-path
//   built in: the built-in manifests, a self-signed CA in memory
// In a cluster the certificate may come from files as well.
#include "webhook/program.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "certs/files.h"
#include "certs/self_made.h"
#include "http/client_ca.h"
#include "http/probe_servers.h"
#include "http/server.h"
#include "kube/manifest_watcher.h"
#include "process/cpu_quota.h"
#include "process/doorbell.h"
#include "process/log.h"
#include "process/write_file.h"
#include "webhook/admission_handler.h"
#include "webhook/admission_metrics.h"
#include "webhook/cluster_options.h"
#include "webhook/fact_source.h"
#include "webhook/metrics.h"
#include "webhook/status.h"

namespace modelgate::webhook {
namespace {

using std::chrono::ceil;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

/// A changed certificate is used within a second.
constexpr milliseconds kPollInterval{250};

/// While draining, the last connection's end is noticed within this time.
constexpr milliseconds kDrainPollInterval{20};

/// For releasing the lease on exit; kube/lease.h retries once at most.
constexpr std::chrono::seconds kRetireWait{2};

std::expected<std::unique_ptr<certs::CertificateSource>, std::string> open_certificates(const Flags& flags) {
  if (!flags.cert_directory.empty()) {
    auto source =
        certs::open_file_source({flags.cert_directory, flags.cert_name, flags.cert_key}, system_clock::now());
    if (!source) return std::unexpected("--webhook-cert-path: " + source.error().text);
    return std::move(*source);
  }
  certs::SelfMadeOptions options;
  options.leaf.dns_names = {"localhost"};
  options.leaf.ip_addresses = {"127.0.0.1", "::1"};
  for (const std::string& host : flags.cert_hosts) {
    const bool is_address = host.contains(':') || process::parse_address(host + ":0").has_value();
    (is_address && host != "localhost" ? options.leaf.ip_addresses : options.leaf.dns_names).push_back(host);
  }
  auto source = certs::make_self_made_source(options, system_clock::now());
  if (!source) return std::unexpected("--cert-host: " + source.error().text);
  return std::move(*source);
}

std::string in_lines(const std::vector<kube::ManifestError>& errors) {
  std::string text;
  for (const kube::ManifestError& error : errors) text += (text.empty() ? "" : "\n") + error.to_string();
  return text;
}

class Program {
 public:
  explicit Program(Flags flags) : flags_(std::move(flags)), manifests_(flags_.manifests) {}
  // The cluster's thread calls back into the servers, and they call it: so the thread ends first.
  ~Program() {
    if (cluster_) cluster_->stop();
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  int run() {
    if (flags_.leader_elect) log::info("--leader-elect has no effect: every replica answers");
    auto started = start();
    auto woken = process::Doorbell::Woken::kTime;
    while (started && woken != process::Doorbell::Woken::kSignal) {
      woken = doorbell_.wait(kPollInterval);
      started = take_updates();
    }
    if (started) return drain();
    log::error("cannot start", {{"reason", started.error()}});
    return 1;
  }

 private:
  using Started = std::expected<void, std::string>;

  // ------------------------------------------------------------------------------------------- start

  Started start() {
    in_cluster_ = runs_in_cluster(flags_);
    if (auto read = read_client_cas(); !read) return read;
    if (!in_cluster_ || !flags_.cert_directory.empty()) {
      auto certificates = open_certificates(flags_);
      if (!certificates) return std::unexpected(certificates.error());
      certificates_ = std::move(*certificates);
      use(certificates_->current());
    }
    if (auto read = in_cluster_ ? start_cluster() : read_first_manifests(); !read) return read;
    update_certificate_status();
    auto probes = http::ProbeServers::listen(
        flags_.health, flags_.metrics, [this] { return checks(); }, [this] { return metrics(); });
    if (!probes) return std::unexpected(probes.error());
    probes_ = std::move(*probes);
    probes_->start();
    return serve();
  }

  Started read_client_cas() {
    if (flags_.client_ca_file.empty()) {
      if (flags_.client_allowed_names.empty()) return {};
      return std::unexpected("--client-allowed-names: needs --client-ca-file");
    }
    auto clients = http::ClientCaFile::open(flags_.client_ca_file, flags_.client_allowed_names);
    if (!clients) return std::unexpected("--client-ca-file: " + clients.error());
    clients_ = std::move(*clients);
    flags_.tls.clients = clients_->current();
    return {};
  }

  Started start_cluster() {
    auto options = cluster_options(flags_);
    if (!options) return std::unexpected(options.error());
    if (!certificates_ && !flags_.ca_out.empty()) {
      return std::unexpected("--ca-out: in a cluster the CAs are in the Secret of --ca-secret");
    }
    log::info("in a cluster",
              {{"server", options->connection.config.host + ":" + options->connection.config.port},
               {"namespace", options->catalog.ns}});
    cluster_ = std::make_unique<Cluster>(std::move(*options), [this] { doorbell_.ring(); });
    if (pair_) cluster_->use_pair(pair_);
    cluster_->start();
    return {};
  }

  Started read_first_manifests() {
    const auto manifests = manifests_.poll();  // the first poll always reads
    if (!*manifests) return std::unexpected("--manifests: " + in_lines(manifests->error()));
    use(**manifests);
    return {};
  }

  // Serves as soon as there are a certificate and a catalog.
  Started serve() {
    if (server_ || !pair_ || !catalog_) return {};
    threads_ = flags_.threads > 0 ? flags_.threads : process::cpus_to_use();
    const auto make_handler = [this, catalog = catalog_, facts = facts_] {
      return std::make_unique<AdmissionHandler>(catalog, facts, admission_metrics_.add_thread());
    };
    auto server = http::Server::listen({.address = flags_.webhook, .threads = threads_, .tls = flags_.tls},
                                       make_handler, pair_.get());
    if (!server) return std::unexpected("--bind-address, --webhook-port: " + server.error());
    server_ = std::move(*server);
    server_->start();
    serving_ = server_.get();
    log::info("serving", {{"address", server_->address().to_text()},
                          {"threads", threads_},
                          {"health", probes_->health_address()},
                          {"metrics", probes_->metrics_address()},
                          {"certificate", certificate_source()},
                          {"catalog", catalog_source()}});
    return write_outputs();
  }

  std::string certificate_source() const {
    if (!flags_.cert_directory.empty()) return flags_.cert_directory;
    return in_cluster_ ? "from the shared CA" : "self-issued";
  }
  std::string catalog_source() const {
    if (in_cluster_) return "cluster";
    return flags_.manifests.empty() ? "built-in" : flags_.manifests;
  }

  Started write_outputs() const {
    const std::string bundle = certificates_ ? certificates_->ca_bundle_pem() : "";
    if (!flags_.ca_out.empty() && bundle.empty()) {
      return std::unexpected("--ca-out: the CA of the certificate in --webhook-cert-path is not known");
    }
    if (!flags_.ca_out.empty() && !process::write_file(flags_.ca_out, bundle)) {
      return std::unexpected("--ca-out: " + flags_.ca_out + " cannot be written");
    }
    const std::string addresses = "https " + server_->address().to_text() + "\nhealth " +
                                  probes_->health_address() + "\nmetrics " + probes_->metrics_address() +
                                  "\n";
    if (!flags_.address_out.empty() && !process::write_file(flags_.address_out, addresses)) {
      return std::unexpected("--address-out: " + flags_.address_out + " cannot be written");
    }
    return {};
  }

  // ------------------------------------------------------------------------- called by the probes' threads

  std::vector<http::ReadyCheck> checks() {
    std::vector<http::ReadyCheck> checks{
        {"listener", [this] { return why_not_listening(); }},
        {"certificate", [this] { return why_no_certificate(); }},
        {"catalog", [this] { return why_no_catalog(); }},
        {"shutdown", [this] { return std::string(status_.draining ? "draining" : ""); }},
    };
    if (in_cluster_) checks.push_back({"caBundle", [this] { return why_not_trusted(); }});
    return checks;
  }

  std::string why_not_listening() const {
    const http::Server* const server = serving_;
    if (!server) return "not yet";
    return server->listening() ? "" : "lost";
  }

  std::string why_no_certificate() const {
    if (status_.certificate_not_after == 0) return "none yet";
    const auto now = system_clock::to_time_t(system_clock::now());
    return now >= status_.certificate_not_after ? "expired" : "";
  }

  std::string why_no_catalog() const {
    if (status_.catalog_generation != 0) return "";
    return cluster_ ? cluster_->catalog_problem() : "not loaded";
  }

  // Checked until it matched once: otherwise one edited caBundle would make every replica unready at once.
  std::string why_not_trusted() {
    if (status_.bundle_matched) return "";
    std::string problem = serving_.load() ? cluster_->bundle_problem() : "no certificate to compare yet";
    status_.bundle_matched = problem.empty();
    return problem;
  }

  std::string metrics() const {
    return metrics_text(serving_, admission_metrics_, status_,
                        cluster_ ? cluster_->counts() : std::optional<ClusterCounts>());
  }

  // -------------------------------------------------------------------------------------------- updates

  Started take_updates() {
    if (cluster_) take_cluster_update();
    if (certificates_) poll_certificates();
    if (clients_) poll_client_cas();
    if (!cluster_) poll_manifests();
    update_certificate_status();
    return serve();
  }

  void take_cluster_update() {
    ClusterUpdate update = cluster_->take_update();
    if (update.catalog) use(std::move(update.catalog), cluster_->facts());
    if (update.pair) use(std::move(update.pair));
  }

  void poll_certificates() {
    const auto polled = certificates_->poll(system_clock::now());
    if (!polled) {
      log::error("certificate refused, the last good one stays in use", {{"reason", polled.error().text}});
    } else if (*polled == certs::Poll::kReplaced) {
      use(certificates_->current());
      if (cluster_) cluster_->use_pair(pair_);
    }
  }

  void poll_client_cas() {
    const auto polled = clients_->poll();
    if (polled && !*polled) return;
    auto used = polled ? std::expected<void, std::string>() : std::unexpected(polled.error());
    if (polled) flags_.tls.clients = clients_->current();
    if (polled && server_) used = server_->use_clients(clients_->current(), *pair_);
    if (!used) log::error("client CAs refused, the last good ones stay in use", {{"reason", used.error()}});
    if (used) log::info("client CAs replaced", {{"file", flags_.client_ca_file}});
  }

  void use(std::shared_ptr<const certs::KeyPair> pair) {
    if (server_) {
      if (const auto used = server_->use_certificate(*pair); !used) {
        log::error("certificate refused, the last good one stays in use", {{"reason", used.error()}});
        return;
      }
      log::info("certificate replaced", {{"fingerprint", pair->fingerprint()}});
    }
    pair_ = std::move(pair);
  }

  void update_certificate_status() {
    if (certificates_) {
      const certs::SourceCounts counts = certificates_->counts();
      status_.certificate_reads = counts.reads;
      status_.certificate_errors = counts.errors;
    }
    if (pair_) status_.certificate_not_after = system_clock::to_time_t(pair_->not_after());
  }

  void poll_manifests() {
    const auto read = manifests_.poll();
    if (!read) return;
    if (!*read) {
      ++status_.catalog_errors;
      log::error("manifests refused, the last good ones stay in use", {{"reason", in_lines(read->error())}});
      return;
    }
    use(**read);
    log::info("manifests read again", {{"generation", catalog_->generation()}});
  }

  void use(const std::shared_ptr<const kube::Manifests>& manifests) {
    if (!manifests->warnings.empty()) log::warn("manifests", {{"warnings", in_lines(manifests->warnings)}});
    use(manifests->catalog, std::make_shared<ManifestFacts>(manifests));
  }

  void use(std::shared_ptr<const spec::Catalog> catalog, std::shared_ptr<FactSource> facts) {
    catalog_ = std::move(catalog);
    facts_ = std::move(facts);
    if (server_) {
      server_->on_each_thread([catalog = catalog_, facts = facts_](http::Handler& handler) {
        static_cast<AdmissionHandler&>(handler).use(catalog, facts);
      });
    }
    ++status_.catalog_reloads;
    status_.catalog_generation = catalog_->generation();
  }

  // --------------------------------------------------------------------------------------------- exit

  // Serves as before for --shutdown-delay; then accepts and answers with "Connection: close" until no
  // connection is open or --drain-timeout is over.
  int drain() {
    const auto start = steady_clock::now();
    const auto over = start + flags_.drain_timeout;
    const auto open = [this] { return server_ ? server_->open_connections() : 0; };
    log::info("draining", {{"connections", open()}});
    status_.draining = true;
    if (cluster_) cluster_->retire();
    const auto delayed = std::min(start + flags_.shutdown_delay, over);
    while (steady_clock::now() < delayed) {
      wait_or_exit(std::min(kPollInterval, ceil<milliseconds>(delayed - steady_clock::now())));
    }
    if (server_) server_->drain();
    while (open() > 0 && steady_clock::now() < over) wait_or_exit(kDrainPollInterval);
    const auto retired_by = steady_clock::now() + kRetireWait;
    while (cluster_ && !cluster_->retired() && steady_clock::now() < retired_by)
      wait_or_exit(kDrainPollInterval);
    log::info("stopped", {{"connections", open()}});
    return 0;
  }

  // Exits at a second signal.
  void wait_or_exit(milliseconds longest) {
    if (doorbell_.wait(longest) == process::Doorbell::Woken::kSignal) {
      log::warn("second signal: exiting at once");
      std::_Exit(1);
    }
    if (cluster_) take_cluster_update();
  }

  Flags flags_;
  bool in_cluster_ = false;
  int threads_ = 0;
  process::Doorbell doorbell_;
  Status status_;
  AdmissionMetrics admission_metrics_;
  kube::ManifestWatcher manifests_;
  std::unique_ptr<certs::CertificateSource> certificates_;  // null: in the cluster
  std::optional<http::ClientCaFile> clients_;
  std::shared_ptr<const certs::KeyPair> pair_;
  std::shared_ptr<const spec::Catalog> catalog_;
  std::shared_ptr<FactSource> facts_;
  // Destroyed first: the servers' threads use the members above. See ~Program.
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<http::Server> server_;
  std::atomic<const http::Server*> serving_ = nullptr;
  std::optional<http::ProbeServers> probes_;
};

}  // namespace

int run(Flags flags) {
  return Program(std::move(flags)).run();
}

}  // namespace modelgate::webhook
