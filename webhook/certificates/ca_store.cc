// SPDX-License-Identifier: Apache-2.0
#include "webhook/certificates/ca_store.h"

#include <algorithm>
#include <utility>

#include "process/log.h"
#include "spec/text/rfc3339.h"
#include "webhook/certificates/ca_secret.h"

namespace modelgate::webhook {
namespace {

using kube::Task;
using std::chrono::steady_clock;

/// As for a lease: a call that takes longer does not help.
constexpr std::chrono::seconds kCallTime{5};

constexpr const char* kReading = "reading the Secret";
constexpr const char* kWriting = "writing the Secret";
constexpr const char* kMakingCa = "making a CA";

kube::CallOptions call(kube::SteadyTime until = kube::SteadyTime::max()) {
  return {.deadline = std::min(steady_clock::now() + kCallTime, until)};
}

}  // namespace

CaStore::CaStore(kube::Client& client, CaStoreOptions options, FailureLog& failures,
                 std::function<void()> wake)
    : client_(client),
      options_(std::move(options)),
      failures_(failures),
      wake_(std::move(wake)),
      object_(client, kube::kSecrets, options_.ns, options_.secret, [this] { wake_(); }) {}

Task<void> CaStore::refresh() {
  if (object_.is_due()) co_await read();
}

Task<void> CaStore::read() {
  object_.begin_read();
  const kube::CallOptions options = call();
  const auto secret = co_await client_.get(kube::kSecrets, options_.ns, options_.secret, options);
  if (secret) {
    take(*secret);
  } else if (secret.error().is_not_found()) {
    object_.read({});
    co_await create();
  } else {
    object_.failed();
    failures_.failed(kReading, secret.error().to_string());
  }
  // A Secret without our keys, created in advance or emptied, is filled and not replaced.
  if (is_current() && !cas_.current) co_await fill();
}

void CaStore::take(const kube::Object& object) {
  object_.read(object.resource_version());
  CaSecret secret = read_ca_secret(object.value());
  rotation_requested_ = secret.rotate;
  readable_ = secret.cas.has_value();
  if (!readable_) {
    failures_.failed(kReading, "Secret " + options_.ns + "/" + options_.secret + ": " +
                                   secret.cas.error().text + "; fix it, or delete it to get a new CA");
    return;
  }
  failures_.succeeded(kReading);
  take(std::move(*secret.cas));
}

void CaStore::take(certs::CaSet cas) {
  cas_ = std::move(cas);
  if (cas_.current) last_good_ = cas_;
  if (cas_.next && cas_.next->published) published_ = cas_.next->authority.fingerprint();
  if (cas_.current) not_after_ = cas_.current->not_after();
}

/// For a Secret that does not exist or is empty.
std::optional<certs::Step> CaStore::first_step() {
  const bool restore = last_good_.current.has_value();
  const certs::Seen seen{.rotate = restore};
  auto step = certs::next_step(last_good_, options_.clock(), options_.rotation, seen);
  if (!step) {
    failures_.failed(kMakingCa, step.error().text);
    return std::nullopt;
  }
  if (restore) step->why = "the Secret was deleted or emptied: its CAs are restored, and will be replaced";
  return std::move(*step);
}

Task<void> CaStore::create() {
  auto step = first_step();
  if (!step) co_return;
  const std::string body = new_ca_secret(options_.ns, options_.secret, step->set);
  const kube::CallOptions options = call();
  const auto created = co_await client_.create(kube::kSecrets, options_.ns, body, options);
  if (created) {
    take(*created);
    report(*step);
  } else {
    object_.failed();
    if (created.error().is_already_exists()) {
      wake_();  // another replica was faster: read its Secret
    } else {
      failures_.failed(kWriting, created.error().to_string());
    }
  }
}

Task<void> CaStore::fill() {
  auto step = first_step();
  const kube::CallOptions options = call();
  if (step) co_await patch(std::move(*step), options);
}

Task<void> CaStore::patch(certs::Step step, kube::CallOptions options) {
  const bool rotation_done = rotation_requested_ && step.change == certs::Change::kMadeNext;
  const std::string body = ca_secret_patch(object_.version(), step.set, rotation_done);
  const auto patched =
      co_await client_.merge_patch(kube::kSecrets, options_.ns, options_.secret, body, options);
  if (patched) {
    take(*patched);
    report(step);
    wake_();  // the next change may be due
  } else {
    object_.failed();
    if (!patched.error().is_conflict()) failures_.failed(kWriting, patched.error().to_string());
  }
}

void CaStore::report(const certs::Step& step) {
  failures_.succeeded(kWriting);
  failures_.succeeded(kMakingCa);
  ++rotations_;
  const bool is_warning =
      step.change == certs::Change::kRecovered || step.change == certs::Change::kKeptSigner;
  log::write(is_warning ? log::Level::kError : log::Level::kInfo, "the CAs changed",
             {{"change", certs::name_of(step.change)},
              {"why", step.why},
              {"current", step.set.current->fingerprint()},
              {"expires", text::format_rfc3339(step.set.current->not_after())}});
  if (on_event_)
    on_event_(is_warning, "CertificateAuthority" + std::string(certs::name_of(step.change)), step.why);
}

Task<void> CaStore::rotate(const BundleHistory& history, std::optional<certs::Certificate> signer,
                           kube::SteadyTime until) {
  if (!object_.is_known() || !readable_ || !cas_.current || !next_step(history, signer)) co_return;
  co_await read();
  if (!is_current() || !cas_.current || steady_clock::now() >= until) co_return;
  auto step = next_step(history, signer);
  const kube::CallOptions options = call(until);
  if (step) co_await patch(std::move(*step), options);
}

std::optional<certs::Step> CaStore::next_step(const BundleHistory& history,
                                              const std::optional<certs::Certificate>& signer) {
  certs::Seen seen{.next_in_bundle = std::nullopt, .rotate = rotation_requested_, .signer = signer};
  if (cas_.next)
    seen.next_in_bundle = history.held_for(cas_.next->authority.fingerprint(), steady_clock::now());
  auto step = certs::next_step(cas_, options_.clock(), options_.rotation, seen);
  if (!step) {
    failures_.failed(kMakingCa, step.error().text);
    return std::nullopt;
  }
  return step->change == certs::Change::kNone ? std::nullopt : std::optional(std::move(*step));
}

}  // namespace modelgate::webhook
