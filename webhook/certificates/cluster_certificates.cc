// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificates/cluster_certificates.h"

#include <arpa/inet.h>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <utility>

#include "process/log.h"
#include "webhook/certificates/ca_secret.h"
#include "webhook/certificates/followed_object.h"
#include "webhook/certificates/registration.h"
#include "webhook/certificates/troubles.h"

namespace modelgate::webhook {
namespace {

using kube::SteadyTime;
using kube::Task;
using std::chrono::steady_clock;

// How often clocks are looked at, so that a machine that was suspended catches up at once.
constexpr std::chrono::seconds kTurn{1};

// As for a lease: a call that takes longer will not help.
constexpr std::chrono::seconds kCall{5};

// A leaf is renewed by what the Secret held this short a time ago, so that no replica goes on signing with a
// CA that is a former one by now.
constexpr std::chrono::seconds kFresh{1};

bool is_ip_address(const std::string& host) {
  in6_addr room{};
  return inet_pton(AF_INET, host.c_str(), &room) == 1 || inet_pton(AF_INET6, host.c_str(), &room) == 1;
}

certs::LeafOptions leaf_names(const ClusterCertificatesOptions& options) {
  const std::string in_namespace = options.service + "." + options.ns;
  certs::LeafOptions leaf;
  leaf.common_name = options.service;
  leaf.dns_names = {options.service, in_namespace, in_namespace + ".svc", in_namespace + ".svc.cluster.local",
                    "localhost"};
  leaf.ip_addresses = {"127.0.0.1", "::1"};
  for (const std::string& host : options.hosts) {
    (is_ip_address(host) ? leaf.ip_addresses : leaf.dns_names).push_back(host);
  }
  leaf.lifetime = options.rotation.leaf_lifetime;
  return leaf;
}

}  // namespace

class ClusterCertificates::Impl {
 public:
  Impl(kube::Client& client, ClusterCertificatesOptions options,
       std::function<kube::SteadyTime()> leader_until)
      : client_(client),
        options_(std::move(options)),
        leader_until_(std::move(leader_until)),
        secret_(client, kube::kSecrets, options_.ns, options_.secret, [this] { wake(); }),
        registration_(client, {options_.ns, options_.service, options_.registration}, troubles_,
                      [this] { wake(); }) {}

  void start() {
    if (!options_.pair_from_files) secret_.start();
    registration_.start();
    kube::spawn(client_.context(), "certificates", [this] { return run(); });
  }

  void wake() {
    woken_ = true;
    waiters_.wake_all();
  }

  void use_pair(Pair pair) {
    pair_ = std::move(pair);
    ++pairs_;
    wake();
  }

  std::string problem() const {
    const std::lock_guard lock(told_mutex_);
    return problem_;
  }
  ClusterCertificateCounts counts() const {
    const std::lock_guard lock(told_mutex_);
    return told_counts_;
  }

  std::function<void(Pair)> on_pair;
  std::function<void(bool, std::string_view, std::string)> on_event;

 private:
  Task<void> run() {
    while (true) {
      woken_ = false;
      co_await turn();
      tell_state();
      const kube::SteadyTime until = steady_clock::now() + kTurn;
      if (!woken_) co_await waiters_.wait(until);
    }
  }

  // Each part leaves alone what it need not touch, so that a turn of a quiet cluster makes no call.
  Task<void> turn() {
    if (options_.pair_from_files) {
      read_ca_file();
    } else {
      if (secret_.is_due()) co_await read_secret();
      co_await renew_leaf_if_due();
    }
    co_await registration_.look();
    if (leads() && !options_.pair_from_files) co_await rotate();
    if (leads() && options_.patch_ca_bundle) co_await write_bundles();
  }

  bool leads() const { return steady_clock::now() < leader_until_(); }

  static kube::CallOptions call() { return {.deadline = steady_clock::now() + kCall}; }
  kube::CallOptions leaders_call() const {
    return {.deadline = std::min(steady_clock::now() + kCall, leader_until_())};
  }

  certs::TimePoint now() const { return options_.clock(); }

  // ---- the Secret

  Task<void> read_secret() {
    secret_.begin_read();
    const kube::CallOptions options = call();
    const auto secret = co_await client_.get(kube::kSecrets, options_.ns, options_.secret, options);
    if (secret) {
      take_secret(*secret);
    } else if (secret.error().is_not_found()) {
      secret_.read({});
      co_await make_secret();
    } else {
      secret_.failed();
      troubles_.tell(kReadingSecret, secret.error().to_string());
    }
    // An empty one, which somebody made in advance or emptied: as good as none, but it has to be kept.
    if (secret_.is_fresh() && readable_ && !cas_.current) co_await fill_secret();
  }

  void take_secret(const kube::Object& object) {
    secret_.read(object.resource_version());
    CaSecret secret = read_ca_secret(object.value());
    rotate_ = secret.rotate;
    readable_ = secret.cas.has_value();
    if (!readable_) {
      troubles_.tell(kReadingSecret, "Secret " + options_.ns + "/" + options_.secret + ": " +
                                         secret.cas.error().text + "; mend it, or delete it to get a new CA");
      return;
    }
    troubles_.end(kReadingSecret);
    take_cas(std::move(*secret.cas));
  }

  void take_cas(certs::CaSet cas) {
    cas_ = std::move(cas);
    if (cas_.current) last_good_ = cas_;
    if (cas_.next && cas_.next->published) published_ = cas_.next->authority.fingerprint();
    if (cas_.current) counts_.ca_not_after = to_seconds(cas_.current->not_after());
  }

  static std::int64_t to_seconds(certs::TimePoint time) { return std::chrono::system_clock::to_time_t(time); }

  // For a Secret that is not there: the CAs that we know, since leaves of theirs are in use, with a rotation
  // begun; or a first one.
  std::optional<certs::Step> first_cas() {
    const bool restore = last_good_.current.has_value();
    const certs::Seen seen{.rotate = restore};
    auto step = certs::next_step(last_good_, now(), options_.rotation, seen);
    if (!step) {
      troubles_.tell(kMakingCa, step.error().text);
      return std::nullopt;
    }
    if (restore) step->why = "the Secret was deleted or emptied: its CAs are put back, to be replaced";
    return std::move(*step);
  }

  Task<void> make_secret() {
    auto step = first_cas();
    if (!step) co_return;
    const std::string body = new_ca_secret(options_.ns, options_.secret, step->set);
    const kube::CallOptions options = call();
    const auto made = co_await client_.create(kube::kSecrets, options_.ns, body, options);
    if (made) {
      take_secret(*made);
      tell_change(*step);
    } else {
      secret_.failed();
      if (made.error().is_already_exists()) {
        wake();  // another replica was faster: read it
      } else {
        troubles_.tell(kWritingSecret, made.error().to_string());
      }
    }
  }

  Task<void> fill_secret() {
    auto step = first_cas();
    const kube::CallOptions options = call();
    if (step) co_await patch_secret(std::move(*step), options);
  }

  Task<void> patch_secret(certs::Step step, kube::CallOptions options) {
    const bool heeded = rotate_ && step.change == certs::Change::kMadeNext;
    const std::string body = ca_secret_patch(secret_.version(), step.set, heeded);
    const auto patched =
        co_await client_.merge_patch(kube::kSecrets, options_.ns, options_.secret, body, options);
    if (patched) {
      take_secret(*patched);
      tell_change(step);
      wake();  // there may be more to do
    } else {
      secret_.failed();
      if (!patched.error().is_conflict()) troubles_.tell(kWritingSecret, patched.error().to_string());
    }
  }

  void tell_change(const certs::Step& step) {
    troubles_.end(kWritingSecret);
    troubles_.end(kMakingCa);
    ++counts_.rotations;
    const bool loud = step.change == certs::Change::kRecovered || step.change == certs::Change::kKeptSigner;
    const std::string reason = "CertificateAuthority" + std::string(certs::name_of(step.change));
    log::write(loud ? log::Level::kError : log::Level::kInfo, "the CAs changed",
               {{"change", certs::name_of(step.change)},
                {"why", step.why},
                {"current", step.set.current->fingerprint()},
                {"expires", certs::to_rfc3339(step.set.current->not_after())}});
    if (on_event) on_event(loud, reason, step.why);
  }

  // The lease holder's: the next change, if one is due.
  Task<void> rotate() {
    if (!secret_.is_known() || !readable_ || !cas_.current || !plan()) co_return;
    co_await read_secret();
    if (!secret_.is_fresh() || !readable_ || !cas_.current || !leads()) co_return;
    auto step = plan();
    const kube::CallOptions options = leaders_call();
    if (step) co_await patch_secret(std::move(*step), options);
  }

  std::optional<certs::Step> plan() {
    certs::Seen seen{.next_in_bundle = std::nullopt, .rotate = rotate_, .signer = signer_certificate_};
    if (cas_.next) {
      seen.next_in_bundle =
          registration_.memory().held_for(cas_.next->authority.fingerprint(), steady_clock::now());
    }
    auto step = certs::next_step(cas_, now(), options_.rotation, seen);
    if (!step) {
      troubles_.tell(kMakingCa, step.error().text);
      return std::nullopt;
    }
    return step->change == certs::Change::kNone ? std::nullopt : std::optional(std::move(*step));
  }

  // ---- the leaf

  Task<void> renew_leaf_if_due() {
    if (!cas_.current) co_return;
    const bool due = !pair_ || certs::leaf_is_due(*pair_, issued_, now());
    if (!due && !should_adopt_new_ca()) co_return;
    if (pair_ && secret_.age() > kFresh) {
      co_await read_secret();
      // Better none than one by a CA that may be a former one; but any is better than an expired one.
      if (!secret_.is_fresh() && pair_->check_dates(now())) co_return;
    }
    if (should_adopt_new_ca()) signer_ = cas_.current;
    sign();
  }

  bool should_adopt_new_ca() const {
    if (!cas_.current) return false;
    if (!signer_) return true;
    const std::string& fingerprint = cas_.current->fingerprint();
    if (signer_->fingerprint() == fingerprint) return false;
    const certs::Handover handover{
        .has_valid_leaf = pair_ && pair_->check_dates(now()).has_value(),
        .is_registered = registration_.memory().is_registered(),
        .was_published = published_ == fingerprint,
        .trusts_our_leaf =
            registration_.memory().held_for(signer_->fingerprint(), steady_clock::now()).has_value(),
        .in_bundle = registration_.memory().held_for(fingerprint, steady_clock::now())};
    return certs::may_take_up(handover, options_.rotation);
  }

  void sign() {
    certs::LeafOptions leaf = leaf_names(options_);
    leaf.now = now();
    auto pair = signer_->sign(leaf);
    if (!pair) {
      troubles_.tell(kSigning, pair.error().text);
      return;
    }
    troubles_.end(kSigning);
    ++counts_.leaves;
    pair_ = std::move(*pair);
    issued_ = leaf.now;
    const auto certificates = certs::read_certificates(signer_->certificate_pem());
    if (certificates) signer_certificate_ = certificates->front();
    ++pairs_;
    log::info("certificate signed", {{"fingerprint", pair_->fingerprint()},
                                     {"ca", signer_->fingerprint()},
                                     {"expires", certs::to_rfc3339(pair_->not_after())}});
    if (on_pair) on_pair(pair_);
  }

  // ---- the bundle

  std::string wanted_bundle() const { return options_.pair_from_files ? file_pem_ : certs::bundle_pem(cas_); }

  Task<void> write_bundles() {
    if (!registration_.is_to_be_written(wanted_bundle())) co_return;
    // What we hold in memory may be what another has just replaced.
    if (!options_.pair_from_files) {
      co_await read_secret();
      if (!secret_.is_fresh() || !readable_) co_return;
    }
    const std::string pem = wanted_bundle();
    const kube::SteadyTime until = leader_until_();
    const std::uint64_t before = registration_.writes();
    co_await registration_.write(pem, until);
    if (registration_.writes() != before) wake();  // the Secret's turn
  }

  void read_ca_file() {
    if (options_.ca_file.empty()) return;
    std::ifstream file(options_.ca_file, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (text.view() == file_pem_) return;
    const auto certificates = certs::read_certificates(text.view());
    if (!certificates) {
      troubles_.tell(kReadingFile, options_.ca_file + ": " + certificates.error().text);
      return;
    }
    troubles_.end(kReadingFile);
    file_pem_ = std::move(text).str();
  }

  // ---- what others are told

  void tell_state() {
    const std::uint64_t state = pairs_ + registration_.generation();  // both only rise
    const bool compare = std::exchange(compared_, state) != state;
    std::string problem =
        compare && pair_ ? registration_.problem_with(*pair_, options_.pair_from_files) : "";
    const std::lock_guard lock(told_mutex_);
    told_counts_ = counts_;
    told_counts_.errors = troubles_.count();
    told_counts_.bundle_writes = registration_.writes();
    if (compare) problem_ = pair_ ? std::move(problem) : kNoPair;
  }

  static constexpr const char* kNoPair = "there is none yet";
  static constexpr const char* kReadingSecret = "reading the Secret";
  static constexpr const char* kWritingSecret = "writing the Secret";
  static constexpr const char* kMakingCa = "making a CA";
  static constexpr const char* kSigning = "signing";
  static constexpr const char* kReadingFile = "reading the CA file";

  kube::Client& client_;
  const ClusterCertificatesOptions options_;
  const std::function<kube::SteadyTime()> leader_until_;
  Troubles troubles_;
  kube::Waiters waiters_;
  bool woken_ = false;

  FollowedObject secret_;
  bool readable_ = false;
  bool rotate_ = false;     // asked for
  certs::CaSet cas_;        // as last read
  certs::CaSet last_good_;  // the last that had a current CA
  std::string published_;   // fingerprint of the `next` last seen with its time

  std::optional<certs::Authority> signer_;
  std::optional<certs::Certificate> signer_certificate_;
  Pair pair_;
  std::uint64_t pairs_ = 0;
  certs::TimePoint issued_;

  RegistrationKeeper registration_;
  std::string file_pem_;

  ClusterCertificateCounts counts_;
  std::uint64_t compared_ = 0;

  mutable std::mutex told_mutex_;
  std::string problem_ = kNoPair;
  ClusterCertificateCounts told_counts_;
};

ClusterCertificates::ClusterCertificates(kube::Client& client, ClusterCertificatesOptions options,
                                         std::function<kube::SteadyTime()> leader_until)
    : impl_(std::make_unique<Impl>(client, std::move(options), std::move(leader_until))) {}
ClusterCertificates::~ClusterCertificates() = default;

void ClusterCertificates::on_pair(std::function<void(Pair)> told) {
  impl_->on_pair = std::move(told);
}
void ClusterCertificates::on_event(std::function<void(bool, std::string_view, std::string)> told) {
  impl_->on_event = std::move(told);
}
void ClusterCertificates::start() {
  impl_->start();
}
void ClusterCertificates::wake() {
  impl_->wake();
}
void ClusterCertificates::use_pair(Pair pair) {
  impl_->use_pair(std::move(pair));
}
bool ClusterCertificates::bundle_matches() const {
  return impl_->problem().empty();
}
std::string ClusterCertificates::bundle_problem() const {
  return impl_->problem();
}
ClusterCertificateCounts ClusterCertificates::counts() const {
  return impl_->counts();
}

}  // namespace modelgate::webhook
