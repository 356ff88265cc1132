// SPDX-License-Identifier: Apache-2.0
//
// The CAs in their Secret: read by every replica, created by the first one, rotated by the lease holder. Used
// by cluster_certificates.h; on the client's thread.
//
//   CaStore store(client, {.ns = "kserve", .secret = "modelgate-webhook-ca"}, failures, [this] { wake(); });
//   store.start();
//   co_await store.refresh();                        // no call unless the Secret has changed
//   sign_with(store.cas().current);
//   if (leads()) co_await store.rotate(publisher.history(), issuer.signer_certificate(), leader_until);
//
// A Secret without our keys is filled; one that cannot be read is never written. When the Secret is deleted or
// emptied, the CAs last read are written back, since leaves of theirs are in use, and a rotation begins. Every
// write is decided on a live read, and carries its resourceVersion.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "certs/ca_set.h"
#include "kube/client/client.h"
#include "webhook/certificates/ca_bundle.h"
#include "webhook/certificates/failure_log.h"
#include "webhook/certificates/watched_object.h"

namespace modelgate::webhook {

struct CaStoreOptions {
  std::string ns, secret;
  certs::RotationOptions rotation = {};
  std::function<certs::TimePoint()> clock = [] { return std::chrono::system_clock::now(); };
};

class CaStore {
 public:
  /// A change of the CAs, as an Event: a reason in CamelCase and a sentence.
  using OnEvent = std::function<void(bool is_warning, std::string_view reason, const std::string& message)>;

  /// `wake` is called when refresh() or rotate() have something to do. All references must outlive this.
  CaStore(kube::Client& client, CaStoreOptions options, FailureLog& failures, std::function<void()> wake);
  void on_event(OnEvent on_event) { on_event_ = std::move(on_event); }

  /// Begins to watch the Secret.
  void start() { object_.start(); }

  /// Reads the Secret if it may have changed, and creates it if it does not exist.
  kube::Task<void> refresh();
  /// The same with a live read each time.
  kube::Task<void> read();
  /// For the lease holder: performs the next change of the CAs, if one is due. `signer`: the CA of the
  /// caller's own leaf. Nothing is written after `until`.
  kube::Task<void> rotate(const BundleHistory& history, std::optional<certs::Certificate> signer,
                          kube::SteadyTime until);

  /// As last read.
  const certs::CaSet& cas() const { return cas_; }
  /// Fingerprint of the last `next` CA that was seen with its time.
  const std::string& published() const { return published_; }
  /// The last read succeeded, no change was reported since, and the Secret could be decoded.
  bool is_current() const { return object_.is_fresh() && readable_; }
  bool is_fresh() const { return object_.is_fresh(); }
  std::chrono::nanoseconds age() const { return object_.age(); }

  /// Changes made by this replica.
  std::uint64_t rotations() const { return rotations_; }
  /// Of the current CA; nothing: not known.
  std::optional<certs::TimePoint> not_after() const { return not_after_; }

 private:
  void take(const kube::Object& secret);
  void take(certs::CaSet cas);
  std::optional<certs::Step> first_step();
  std::optional<certs::Step> next_step(const BundleHistory& history,
                                       const std::optional<certs::Certificate>& signer);
  kube::Task<void> create();
  kube::Task<void> fill();
  kube::Task<void> patch(certs::Step step, kube::CallOptions options);
  void report(const certs::Step& step);

  kube::Client& client_;
  const CaStoreOptions options_;
  FailureLog& failures_;
  std::function<void()> wake_;
  OnEvent on_event_;
  WatchedObject object_;
  bool readable_ = false;
  bool rotation_requested_ = false;  // by the annotation
  certs::CaSet cas_;
  certs::CaSet last_good_;  // the last set with a current CA
  std::string published_;
  std::uint64_t rotations_ = 0;
  std::optional<certs::TimePoint> not_after_;
};

}  // namespace modelgate::webhook
