// SPDX-License-Identifier: Apache-2.0

// modelgate-webhook: reads its flags, starts the HTTPS server and the probes, and then looks a few times a
// second whether certificate or manifests changed, until a signal comes.

#include <malloc.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "certs/files.h"
#include "certs/self_made.h"
#include "kube/manifest_watcher.h"
#include "webhook/admission_handler.h"
#include "webhook/admission_metrics.h"
#include "webhook/cpu_quota.h"
#include "webhook/fact_source.h"
#include "webhook/flags.h"
#include "webhook/metrics.h"
#include "webhook/probes.h"
#include "webhook/status.h"

namespace modelgate::webhook {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

// A changed certificate is to be in use within a second.
constexpr std::chrono::milliseconds kLookEvery{250};

// While draining: how soon we notice that the last connection is gone.
constexpr std::chrono::milliseconds kDrainLookEvery{20};

// Blocks the signals that end us, in this thread and in those it starts, so that wait_for_signal gets them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

bool wait_for_signal(const sigset_t& signals, std::chrono::milliseconds longest) {
  const timespec timeout{.tv_sec = longest.count() / 1000, .tv_nsec = longest.count() % 1000 * 1'000'000};
  return sigtimedwait(&signals, nullptr, &timeout) > 0;
}

// Written beside its place and moved there, so that nobody reads half of it.
bool write_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file.good() && std::rename(beside.c_str(), path.c_str()) == 0;
}

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
    const bool is_address = host.contains(':') || parse_address(host + ":0").has_value();
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

  int run(const sigset_t& signals) {
    if (auto started = start(); !started) {
      log::error("cannot start", {{"reason", started.error()}});
      return 1;
    }
    while (!wait_for_signal(signals, kLookEvery)) {
      look_at_certificates();
      look_at_manifests();
    }
    return drain(signals);
  }

 private:
  using Started = std::expected<void, std::string>;

  Started start() {
    auto certificates = open_certificates(flags_);
    if (!certificates) return std::unexpected(certificates.error());
    certificates_ = std::move(*certificates);
    const auto manifests = manifests_.poll();  // the first one always reads
    if (!*manifests) return std::unexpected("--manifests: " + in_lines(manifests->error()));
    tell_manifests(***manifests);
    tell_certificate();
    if (auto listening = listen(**manifests); !listening) return listening;
    if (auto listening = listen_for_probes(); !listening) return listening;
    server_->start();
    if (health_) health_->start();
    if (metrics_server_) metrics_server_->start();
    log::info("serving",
              {{"address", server_->address().to_text()},
               {"threads", threads_},
               {"health", health_ ? health_->address().to_text() : "off"},
               {"metrics", metrics_address()},
               {"certificate", flags_.cert_directory.empty() ? "self-made" : flags_.cert_directory},
               {"manifests", flags_.manifests.empty() ? "built-in" : flags_.manifests}});
    return write_outputs();
  }

  Started listen(const std::shared_ptr<const kube::Manifests>& manifests) {
    threads_ = flags_.threads > 0 ? flags_.threads : cpus_to_use();
    const auto facts = std::make_shared<ManifestFacts>(manifests);
    const auto make_handler = [this, facts, catalog = manifests->catalog] {
      return std::make_unique<AdmissionHandler>(catalog, facts, admission_metrics_.add_thread());
    };
    auto server = Server::listen({.address = flags_.webhook, .threads = threads_, .tls = flags_.tls},
                                 make_handler, certificates_->current().get());
    if (!server) return std::unexpected("--bind-address, --webhook-port: " + server.error());
    server_ = std::move(*server);
    return {};
  }

  // One listener where both addresses are the same.
  Started listen_for_probes() {
    const bool shared = flags_.health && flags_.metrics && flags_.health->port != 0 &&
                        flags_.health->to_text() == flags_.metrics->to_text();
    if (flags_.health) {
      auto server = listen_plain(*flags_.health, {.health = true, .metrics = shared});
      if (!server) return std::unexpected("--health-probe-bind-address: " + server.error());
      health_ = std::move(*server);
    }
    if (flags_.metrics && !shared) {
      auto server = listen_plain(*flags_.metrics, {.health = false, .metrics = true});
      if (!server) return std::unexpected("--metrics-bind-address: " + server.error());
      metrics_server_ = std::move(*server);
    }
    return {};
  }

  std::expected<std::unique_ptr<Server>, std::string> listen_plain(const Address& address, ProbePaths paths) {
    const auto make_handler = [this, paths] {
      return std::make_unique<ProbeHandler>(
          paths, checks(), [this] { return metrics_text(*server_, admission_metrics_, status_); });
    };
    return Server::listen({.address = address}, make_handler, nullptr);
  }

  std::vector<ReadyCheck> checks() {
    const auto when = [](bool failed, const char* why) { return std::string(failed ? why : ""); };
    return {
        {"listener", [this, when] { return when(!server_->listening(), "lost"); }},
        {"certificate",
         [this, when] {
           const auto now = system_clock::to_time_t(system_clock::now());
           return when(now >= status_.certificate_not_after, "expired");
         }},
        {"catalog", [this, when] { return when(status_.catalog_generation == 0, "not loaded"); }},
        {"shutdown", [this, when] { return when(status_.draining, "draining"); }},
    };
  }

  std::string metrics_address() const {
    if (metrics_server_) return metrics_server_->address().to_text();
    return flags_.metrics ? health_->address().to_text() : "off";
  }

  Started write_outputs() const {
    const std::string bundle = certificates_->ca_bundle_pem();
    if (!flags_.ca_out.empty() && bundle.empty()) {
      return std::unexpected("--ca-out: the CA of the certificate in --webhook-cert-path is not known");
    }
    if (!flags_.ca_out.empty() && !write_file(flags_.ca_out, bundle)) {
      return std::unexpected("--ca-out: " + flags_.ca_out + " cannot be written");
    }
    const std::string addresses = "https " + server_->address().to_text() + "\nhealth " +
                                  (health_ ? health_->address().to_text() : "off") + "\nmetrics " +
                                  metrics_address() + "\n";
    if (!flags_.address_out.empty() && !write_file(flags_.address_out, addresses)) {
      return std::unexpected("--address-out: " + flags_.address_out + " cannot be written");
    }
    return {};
  }

  void look_at_certificates() {
    const auto seen = certificates_->poll(system_clock::now());
    if (!seen) {
      log::error("certificate refused, the last good one stays", {{"reason", seen.error().text}});
    } else if (*seen == certs::Poll::kReplaced) {
      const auto used = server_->use_certificate(*certificates_->current());
      if (!used) log::error("certificate refused, the last good one stays", {{"reason", used.error()}});
      if (used) log::info("certificate replaced", {{"fingerprint", certificates_->current()->fingerprint()}});
    }
    tell_certificate();
  }

  void tell_certificate() {
    const certs::SourceCounts counts = certificates_->counts();
    status_.certificate_reads = counts.reads;
    status_.certificate_errors = counts.errors;
    status_.certificate_not_after = system_clock::to_time_t(certificates_->current()->not_after());
  }

  void look_at_manifests() {
    const auto read = manifests_.poll();
    if (!read) return;
    if (!*read) {
      ++status_.catalog_errors;
      log::error("manifests refused, the last good ones stay", {{"reason", in_lines(read->error())}});
      return;
    }
    const std::shared_ptr<const kube::Manifests>& manifests = **read;
    const auto facts = std::make_shared<ManifestFacts>(manifests);
    server_->on_each_thread([facts, catalog = manifests->catalog](Handler& handler) {
      static_cast<AdmissionHandler&>(handler).use(catalog, facts);
    });
    tell_manifests(*manifests);
    log::info("manifests read again", {{"generation", manifests->catalog->generation()}});
  }

  void tell_manifests(const kube::Manifests& manifests) {
    ++status_.catalog_reloads;
    status_.catalog_generation = manifests.catalog->generation();
    if (!manifests.warnings.empty()) log::warn("manifests", {{"warnings", in_lines(manifests.warnings)}});
  }

  // Goes on accepting and answering, with "Connection: close", until no connection is left or the time is
  // over.
  int drain(const sigset_t& signals) {
    log::info("draining", {{"connections", server_->open_connections()}});
    status_.draining = true;
    server_->drain();
    const auto over = steady_clock::now() + flags_.drain_timeout;
    while (server_->open_connections() > 0 && steady_clock::now() < over) {
      if (wait_for_signal(signals, kDrainLookEvery)) {
        log::warn("second signal: leaving at once", {{"connections", server_->open_connections()}});
        std::_Exit(1);
      }
    }
    log::info("stopped", {{"connections", server_->open_connections()}});
    return 0;
  }

  Flags flags_;
  int threads_ = 0;
  Status status_;
  AdmissionMetrics admission_metrics_;
  kube::ManifestWatcher manifests_;
  std::unique_ptr<certs::CertificateSource> certificates_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Server> health_;
  std::unique_ptr<Server> metrics_server_;
};

// Memory of large bodies goes back to the kernel when they do, and threads share the allocator's arenas:
// glibc would otherwise raise the first bound with each large block and make eight arenas for each CPU.
void set_up_malloc() {
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  mallopt(M_ARENA_MAX, 4);
}

}  // namespace
}  // namespace modelgate::webhook

int main(int argc, char** argv) try {
  using namespace modelgate::webhook;
  namespace log = modelgate::log;
  auto parsed = parse_flags(argc, argv);
  if (const auto* end = std::get_if<FlagsEnd>(&parsed)) {
    std::fputs(end->text.c_str(), end->exit_code == 0 ? stdout : stderr);
    return end->exit_code;
  }
  set_up_malloc();
  const sigset_t signals = block_signals();
  auto& flags = std::get<Flags>(parsed);
  log::configure(flags.log);
  if (flags.leader_elect) log::info("--leader-elect has no effect: every replica answers");
  return Program(std::move(flags)).run(signals);
} catch (const std::exception& error) {  // no memory, no threads
  std::fprintf(stderr, "modelgate-webhook: %s\n", error.what());
  return 1;
}
