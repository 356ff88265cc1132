// SPDX-License-Identifier: Apache-2.0
#include "webhook/cluster_certificates.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <utility>

#include "kube/reflector.h"
#include "process/log.h"
#include "webhook/ca_bundle.h"
#include "webhook/ca_secret.h"

namespace modelgate::webhook {
namespace {

using kube::SteadyTime;
using kube::Task;
using std::chrono::steady_clock;

// How often clocks are looked at, so that a machine that was suspended catches up at once.
constexpr std::chrono::seconds kTurn{1};

// The watches tell of changes at once; this finds what a watch may have missed.
constexpr std::chrono::minutes kLookAnyway{5};

// As for a lease: a call that takes longer will not help.
constexpr std::chrono::seconds kCall{5};

// A leaf is renewed by what the Secret held this short a time ago, so that no replica goes on signing with a
// CA that is a former one by now.
constexpr std::chrono::seconds kFresh{10};

// Between writes of one bundle: somebody else who writes it again and again costs little.
constexpr std::chrono::milliseconds kFirstWritePause{50};
constexpr std::chrono::milliseconds kLongestWritePause{2000};
constexpr std::chrono::seconds kWritesAreQuiet{10};

const std::string kEverywhere;  // cluster-scoped: no namespace

constexpr std::array kKinds{&kube::kMutatingWebhookConfigurations, &kube::kValidatingWebhookConfigurations};

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

// Tells that an object is of another version than the one last read; "" where it is gone.
class Changes final : public kube::Store {
 public:
  explicit Changes(std::function<void(std::string_view version)> told) : told_(std::move(told)) {}
  void replace(std::vector<kube::Object> objects) override {
    told_(objects.empty() ? std::string_view() : objects.front().resource_version());
  }
  void upsert(kube::Object object) override { told_(object.resource_version()); }
  void remove(kube::Object) override { told_({}); }

 private:
  std::function<void(std::string_view)> told_;
};

// Something that is read from the API server, and when to read it again.
struct Copy {
  bool known = false;   // read once, or found absent
  bool stale = true;    // a watch says that it changed, or the last read failed
  std::string version;  // empty: absent
  SteadyTime read_at{};

  void begin_read() { stale = false; }
  void read(std::string_view resource_version) {
    known = true;
    version = resource_version;
    read_at = steady_clock::now();
  }
  bool is_due() const { return stale || steady_clock::now() - read_at > kLookAnyway; }
};

}  // namespace

class ClusterCertificates::Impl {
 public:
  Impl(kube::Client& client, ClusterCertificatesOptions options, std::function<SteadyTime()> leader_until)
      : client_(client), options_(std::move(options)), leader_until_(std::move(leader_until)) {
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      watch(*kKinds[i], {}, options_.registration, configurations_[i].copy);
    }
    if (!options_.pair_from_files) watch(kube::kSecrets, options_.ns, options_.secret, secret_);
  }

  void start() {
    for (const Watched& watched : watched_) {
      kube::spawn(client_.context(), "watch of " + std::string(watched.reflector->resource().plural),
                  [reflector = watched.reflector.get()] { return reflector->run(); });
    }
    kube::spawn(client_.context(), "certificates", [this] { return run(); });
  }

  void wake() {
    woken_ = true;
    waiters_.wake_all();
  }

  void use_pair(Pair pair) {
    pair_ = std::move(pair);
    compare_ = true;
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
  struct Watched {
    std::unique_ptr<Changes> changes;
    std::unique_ptr<kube::Reflector> reflector;
  };

  struct Configuration {
    Copy copy;
    std::optional<Registration> registered;
    SteadyTime written_at{};
    kube::Backoff pause{kFirstWritePause, kLongestWritePause};
    SteadyTime write_after{};
  };

  void watch(const kube::Resource& resource, std::string ns, const std::string& name, Copy& copy) {
    auto changes = std::make_unique<Changes>([this, &copy](std::string_view version) {
      if (copy.known && copy.version == version) return;
      copy.stale = true;
      wake();
    });
    kube::ReflectorOptions which{.ns = std::move(ns), .list = {.field_selector = "metadata.name=" + name}};
    auto reflector = std::make_unique<kube::Reflector>(client_, resource, std::move(which), *changes);
    watched_.push_back({std::move(changes), std::move(reflector)});
  }

  Task<void> run() {
    while (true) {
      woken_ = false;
      co_await turn();
      tell_state();
      const SteadyTime until = steady_clock::now() + kTurn;
      if (!woken_) co_await waiters_.wait(until);
    }
  }

  // Each part leaves alone what it need not touch, so that a turn of a quiet cluster makes no call.
  Task<void> turn() {
    if (options_.pair_from_files) {
      read_ca_file();
    } else {
      if (secret_.is_due()) co_await read_secret();
      co_await tend_leaf();
    }
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      if (configurations_[i].copy.is_due()) co_await read_configuration(i);
    }
    remember_bundles();
    if (leads() && !options_.pair_from_files) co_await rotate();
    if (leads() && options_.patch_ca_bundle) co_await write_bundles();
  }

  bool leads() const { return steady_clock::now() < leader_until_(); }

  static kube::CallOptions call() { return {.deadline = steady_clock::now() + kCall}; }
  kube::CallOptions leaders_call() const {
    return {.deadline = std::min(steady_clock::now() + kCall, leader_until_())};
  }

  certs::TimePoint now() const { return options_.clock(); }

  // ---- the log: a trouble once, and its end

  void trouble(const std::string& subject, const std::string& reason) {
    ++counts_.errors;
    std::string& told = troubles_[subject];
    if (told == reason) return;
    told = reason;
    log::error("certificates: " + subject, {{"reason", reason}});
  }

  void well(const std::string& subject) {
    if (troubles_.erase(subject) > 0) log::info("certificates: well again", {{"what", subject}});
  }

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
      secret_.stale = true;
      trouble(kReadingSecret, secret.error().to_string());
    }
    // An empty one, which somebody made in advance or emptied: as good as none, but it has to be kept.
    if (secret_.known && !secret_.stale && readable_ && !cas_.current) co_await fill_secret();
  }

  void take_secret(const kube::Object& object) {
    secret_.read(object.resource_version());
    CaSecret secret = read_ca_secret(object.value());
    rotate_ = secret.rotate;
    readable_ = secret.cas.has_value();
    if (!readable_) {
      trouble(kReadingSecret, "Secret " + options_.ns + "/" + options_.secret + ": " +
                                  secret.cas.error().text + "; mend it, or delete it to get a new CA");
      return;
    }
    well(kReadingSecret);
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
      trouble(kMakingCa, step.error().text);
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
      secret_.stale = true;
      if (made.error().is_already_exists()) {
        wake();  // another replica was faster: read it
      } else {
        trouble(kWritingSecret, made.error().to_string());
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
    const std::string body = ca_secret_patch(secret_.version, step.set, heeded);
    const auto patched =
        co_await client_.merge_patch(kube::kSecrets, options_.ns, options_.secret, body, options);
    if (patched) {
      take_secret(*patched);
      tell_change(step);
      wake();  // there may be more to do
    } else {
      secret_.stale = true;
      if (!patched.error().is_conflict()) trouble(kWritingSecret, patched.error().to_string());
    }
  }

  void tell_change(const certs::Step& step) {
    well(kWritingSecret);
    well(kMakingCa);
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
    if (!secret_.known || !readable_ || !cas_.current || !plan()) co_return;
    co_await read_secret();
    if (secret_.stale || !readable_ || !cas_.current || !leads()) co_return;
    auto step = plan();
    const kube::CallOptions options = leaders_call();
    if (step) co_await patch_secret(std::move(*step), options);
  }

  std::optional<certs::Step> plan() {
    certs::Seen seen{.next_in_bundle = std::nullopt, .rotate = rotate_, .signer = signer_certificate_};
    if (cas_.next) {
      seen.next_in_bundle = bundles_.held_for(cas_.next->authority.fingerprint(), steady_clock::now());
    }
    auto step = certs::next_step(cas_, now(), options_.rotation, seen);
    if (!step) {
      trouble(kMakingCa, step.error().text);
      return std::nullopt;
    }
    return step->change == certs::Change::kNone ? std::nullopt : std::optional(std::move(*step));
  }

  // ---- the leaf

  Task<void> tend_leaf() {
    if (!cas_.current) co_return;
    const bool due = !pair_ || certs::leaf_is_due(*pair_, issued_, now());
    if (!due && !take_up()) co_return;
    if (pair_ && steady_clock::now() - secret_.read_at > kFresh) {
      co_await read_secret();
      // Better none than one by a CA that may be a former one; but any is better than an expired one.
      if (secret_.stale && pair_->check_dates(now())) co_return;
    }
    if (take_up()) signer_ = cas_.current;
    sign();
  }

  bool take_up() const {
    if (!cas_.current) return false;
    if (!signer_) return true;
    const std::string& fingerprint = cas_.current->fingerprint();
    if (signer_->fingerprint() == fingerprint) return false;
    const certs::Handover handover{
        .has_valid_leaf = pair_ && pair_->check_dates(now()).has_value(),
        .is_registered = bundles_.is_registered(),
        .was_published = published_ == fingerprint,
        .trusts_our_leaf = bundles_.held_for(signer_->fingerprint(), steady_clock::now()).has_value(),
        .in_bundle = bundles_.held_for(fingerprint, steady_clock::now())};
    return certs::may_take_up(handover, options_.rotation);
  }

  void sign() {
    certs::LeafOptions leaf = leaf_names(options_);
    leaf.now = now();
    auto pair = signer_->sign(leaf);
    if (!pair) return trouble(kSigning, pair.error().text);
    well(kSigning);
    ++counts_.leaves;
    pair_ = std::move(*pair);
    issued_ = leaf.now;
    const auto certificates = certs::read_certificates(signer_->certificate_pem());
    if (certificates) signer_certificate_ = certificates->front();
    compare_ = true;
    log::info("certificate signed", {{"fingerprint", pair_->fingerprint()},
                                     {"ca", signer_->fingerprint()},
                                     {"expires", certs::to_rfc3339(pair_->not_after())}});
    if (on_pair) on_pair(pair_);
  }

  // ---- the bundle

  Task<void> read_configuration(std::size_t which) {
    Configuration& configuration = configurations_[which];
    configuration.copy.begin_read();
    const kube::Resource& resource = *kKinds[which];
    const kube::CallOptions options = call();
    const auto object = co_await client_.get(resource, kEverywhere, options_.registration, options);
    if (!object && !object.error().is_not_found()) {
      configuration.copy.stale = true;
      trouble("reading " + std::string(resource.plural), object.error().to_string());
      co_return;
    }
    well("reading " + std::string(resource.plural));
    if (object) {
      take_configuration(configuration, *object);
    } else {
      configuration.copy.read({});
      configuration.registered.reset();
      compare_ = true;
    }
  }

  void take_configuration(Configuration& configuration, const kube::Object& object) {
    configuration.copy.read(object.resource_version());
    configuration.registered = read_registration(object.value(), {options_.ns, options_.service});
    compare_ = true;
  }

  // Only of all that is registered: what is not known might lack a CA.
  void remember_bundles() {
    std::vector<Registration> registered;
    for (const Configuration& configuration : configurations_) {
      if (!configuration.copy.known) return;
      if (configuration.registered) registered.push_back(*configuration.registered);
    }
    bundles_.look(registered, steady_clock::now());
  }

  // What the bundles should hold; empty: not for us to say.
  std::vector<certs::Certificate> wanted_cas() const {
    const std::string pem = options_.pair_from_files ? file_pem_ : certs::bundle_pem(cas_);
    auto wanted = certs::read_certificates(pem);
    return wanted ? std::move(*wanted) : std::vector<certs::Certificate>();
  }

  bool to_be_written(const Configuration& configuration) const {
    if (!configuration.registered || steady_clock::now() < configuration.write_after) return false;
    const auto wanted = wanted_cas();
    return !wanted.empty() && differs(*configuration.registered, wanted);
  }

  Task<void> write_bundles() {
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      if (!to_be_written(configurations_[i])) continue;
      // Live reads of both sides: what we hold in memory may be what another has just replaced.
      if (!options_.pair_from_files) {
        co_await read_secret();
        if (secret_.stale || !readable_) co_return;
      }
      co_await read_configuration(i);
      if (configurations_[i].copy.stale || !leads() || !to_be_written(configurations_[i])) continue;
      co_await write_bundle(i);
    }
    remember_bundles();
  }

  Task<void> write_bundle(std::size_t which) {
    Configuration& configuration = configurations_[which];
    const kube::Resource& resource = *kKinds[which];
    const std::string subject = "writing caBundle of " + std::string(resource.plural);
    const std::string pem = options_.pair_from_files ? file_pem_ : certs::bundle_pem(cas_);
    const std::string body = bundle_patch(resource.kind, *configuration.registered, pem);
    const std::string manager(kCertificateManager);
    const kube::CallOptions options = leaders_call();
    pause_writes(configuration);
    const auto written =
        co_await client_.apply(resource, kEverywhere, options_.registration, body, manager, true, options);
    if (!written) {
      configuration.copy.stale = true;
      if (!written.error().is_conflict()) trouble(subject, written.error().to_string());
      co_return;
    }
    well(subject);
    ++counts_.bundle_writes;
    take_configuration(configuration, *written);
    log::info("caBundle written", {{"kind", resource.kind}, {"name", options_.registration}});
    wake();  // the Secret's turn
  }

  static void pause_writes(Configuration& configuration) {
    const SteadyTime at = steady_clock::now();
    if (at - configuration.written_at > kWritesAreQuiet) configuration.pause.reset();
    configuration.written_at = at;
    configuration.write_after = at + configuration.pause.next();
  }

  void read_ca_file() {
    if (options_.ca_file.empty()) return;
    std::ifstream file(options_.ca_file, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (text.view() == file_pem_) return;
    const auto certificates = certs::read_certificates(text.view());
    if (!certificates) return trouble(kReadingFile, options_.ca_file + ": " + certificates.error().text);
    well(kReadingFile);
    file_pem_ = std::move(text).str();
  }

  // ---- what others are told

  std::string compare() const {
    if (!pair_) return "there is none yet";
    for (const Configuration& configuration : configurations_) {
      if (!configuration.copy.known) return "the registration was not read yet";
      if (!configuration.registered) continue;
      for (const RegisteredWebhook& webhook : configuration.registered->webhooks) {
        // Somebody else's issuer may be one that the API server's machine trusts anyway.
        if (options_.pair_from_files && webhook.bundle.empty()) continue;
        if (!certs::trusts(webhook.bundle, *pair_)) {
          return "the caBundle of webhook " + webhook.name + " does not trust it";
        }
      }
    }
    return {};
  }

  void tell_state() {
    const std::lock_guard lock(told_mutex_);
    told_counts_ = counts_;
    if (std::exchange(compare_, false)) problem_ = compare();
  }

  static constexpr const char* kReadingSecret = "reading the Secret";
  static constexpr const char* kWritingSecret = "writing the Secret";
  static constexpr const char* kMakingCa = "making a CA";
  static constexpr const char* kSigning = "signing";
  static constexpr const char* kReadingFile = "reading the CA file";

  kube::Client& client_;
  const ClusterCertificatesOptions options_;
  const std::function<SteadyTime()> leader_until_;
  std::vector<Watched> watched_;
  kube::Waiters waiters_;
  bool woken_ = false;

  Copy secret_;
  bool readable_ = false;
  bool rotate_ = false;     // asked for
  certs::CaSet cas_;        // as last read
  certs::CaSet last_good_;  // the last that had a current CA
  std::string published_;   // fingerprint of the `next` last seen with its time

  std::optional<certs::Authority> signer_;
  std::optional<certs::Certificate> signer_certificate_;
  Pair pair_;
  certs::TimePoint issued_;

  std::array<Configuration, kKinds.size()> configurations_;
  BundleMemory bundles_;
  std::string file_pem_;

  bool compare_ = true;  // pair or bundles changed since they were compared
  std::map<std::string, std::string> troubles_;
  ClusterCertificateCounts counts_;

  mutable std::mutex told_mutex_;
  std::string problem_ = "there is none yet";
  ClusterCertificateCounts told_counts_;
};

ClusterCertificates::ClusterCertificates(kube::Client& client, ClusterCertificatesOptions options,
                                         std::function<SteadyTime()> leader_until)
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
