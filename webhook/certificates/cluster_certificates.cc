// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificates/cluster_certificates.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "process/log.h"
#include "spec/text/rfc3339.h"

namespace modelgate::webhook {
namespace {

using kube::Task;
using std::chrono::steady_clock;

/// How often the clocks are compared, so that a machine that was suspended catches up at once.
constexpr std::chrono::seconds kLoopInterval{1};

/// A leaf is renewed only with CAs that were read this recently, so that no replica signs with a CA that has
/// been replaced.
constexpr std::chrono::seconds kFresh{1};

constexpr const char* kNoPair = "no certificate yet";
constexpr const char* kSigning = "signing";
constexpr const char* kReadingFile = "reading the CA file";

}  // namespace

ClusterCertificates::ClusterCertificates(kube::Client& client, ClusterCertificatesOptions options,
                                         std::function<kube::SteadyTime()> leader_until)
    : client_(client),
      options_(std::move(options)),
      leader_until_(std::move(leader_until)),
      store_(client,
             {.ns = options_.ns,
              .secret = options_.secret,
              .rotation = options_.rotation,
              .clock = options_.clock},
             failures_, [this] { wake(); }),
      issuer_(leaf_options({.ns = options_.ns, .service = options_.service, .hosts = options_.hosts}),
              options_.rotation),
      publisher_(client, {.ns = options_.ns, .service = options_.service, .name = options_.registration},
                 failures_, [this] { wake(); }),
      problem_(kNoPair) {}

void ClusterCertificates::start() {
  if (!options_.pair_from_files) store_.start();
  publisher_.start();
  kube::spawn(client_.context(), "certificates", [this] { return run(); });
}

void ClusterCertificates::wake() {
  woken_ = true;
  waiters_.wake_all();
}

void ClusterCertificates::use_pair(Pair pair) {
  pair_ = std::move(pair);
  ++pairs_;
  wake();
}

Task<void> ClusterCertificates::run() {
  while (true) {
    woken_ = false;
    co_await run_once();
    publish_state();
    const kube::SteadyTime until = steady_clock::now() + kLoopInterval;
    if (!woken_) co_await waiters_.wait(until);
  }
}

/// In a quiet cluster none of the steps makes a call.
Task<void> ClusterCertificates::run_once() {
  if (options_.pair_from_files) {
    read_ca_file();
  } else {
    co_await store_.refresh();
    co_await renew_leaf_if_due();
  }
  co_await publisher_.refresh();
  if (leads() && !options_.pair_from_files) {
    const kube::SteadyTime until = leader_until_();
    co_await store_.rotate(publisher_.history(), issuer_.signer_certificate(), until);
  }
  if (leads() && options_.patch_ca_bundle) co_await write_bundles();
}

LeafIssuer::Inputs ClusterCertificates::leaf_inputs() const {
  return {.cas = store_.cas(),
          .published = store_.published(),
          .history = publisher_.history(),
          .now = options_.clock(),
          .steady_now = steady_clock::now()};
}

Task<void> ClusterCertificates::renew_leaf_if_due() {
  if (!issuer_.is_due(leaf_inputs())) co_return;
  if (pair_ && store_.age() > kFresh) {
    co_await store_.read();
    // No leaf of a CA that may have been replaced, unless the present leaf has expired.
    if (!store_.is_fresh() && pair_->check_dates(options_.clock())) co_return;
  }
  const auto pair = issuer_.issue(leaf_inputs());
  if (!pair) {
    failures_.failed(kSigning, pair.error().text);
    co_return;
  }
  failures_.succeeded(kSigning);
  ++leaves_;
  ++pairs_;
  pair_ = *pair;
  log::info("certificate signed", {{"fingerprint", pair_->fingerprint()},
                                   {"ca", issuer_.signer()->fingerprint()},
                                   {"expires", text::format_rfc3339(pair_->not_after())}});
  if (on_pair_) on_pair_(pair_);
}

std::string ClusterCertificates::desired_bundle() const {
  return options_.pair_from_files ? ca_file_pem_ : certs::bundle_pem(store_.cas());
}

Task<void> ClusterCertificates::write_bundles() {
  if (!publisher_.needs_write(desired_bundle())) co_return;
  // Another replica may have just replaced the CAs in memory here.
  if (!options_.pair_from_files) {
    co_await store_.read();
    if (!store_.is_current()) co_return;
  }
  const std::string pem = desired_bundle();
  const kube::SteadyTime until = leader_until_();
  const std::uint64_t before = publisher_.writes();
  co_await publisher_.write(pem, until);
  if (publisher_.writes() != before) wake();  // a rotation may be due
}

void ClusterCertificates::read_ca_file() {
  if (options_.ca_file.empty()) return;
  std::ifstream file(options_.ca_file, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (text.view() == ca_file_pem_) return;
  const auto certificates = certs::read_certificates(text.view());
  if (!certificates) {
    failures_.failed(kReadingFile, options_.ca_file + ": " + certificates.error().text);
    return;
  }
  failures_.succeeded(kReadingFile);
  ca_file_pem_ = std::move(text).str();
}

void ClusterCertificates::publish_state() {
  const std::uint64_t state = pairs_ + publisher_.generation();  // both only rise
  const bool compare = std::exchange(compared_, state) != state;
  std::string problem = kNoPair;
  if (compare && pair_) problem = publisher_.problem_of(*pair_, options_.pair_from_files);
  const auto not_after = store_.not_after();
  const std::lock_guard lock(mutex_);
  if (compare) problem_ = std::move(problem);
  counts_ = {.leaves = leaves_,
             .errors = failures_.count(),
             .rotations = store_.rotations(),
             .bundle_writes = publisher_.writes(),
             .ca_not_after = not_after ? std::chrono::system_clock::to_time_t(*not_after) : 0};
}

std::string ClusterCertificates::bundle_problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

ClusterCertificateCounts ClusterCertificates::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace modelgate::webhook
