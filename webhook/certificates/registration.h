// SPDX-License-Identifier: Apache-2.0
//
// The registration in the cluster: the MutatingWebhookConfiguration and the ValidatingWebhookConfiguration of
// our name, what their caBundles hold, and the writing of these. Used by
// webhook/certificates/cluster_certificates.cc; on the client's thread.
//
//   RegistrationKeeper registration(client, {...}, troubles, [this] { wake(); });
//   registration.start();
//   co_await registration.look();                            // no call where nothing changed
//   if (leads) co_await registration.write(wanted_pem, leader_until);
//
// Either may be absent, come later, or be wiped by whoever applies it again: it is looked at within moments
// of each change.
//
// A caBundle is written by server-side apply, and then our ownership of it is given up again: who owns a
// field of an entry of the list keeps the whole entry alive, so that `kubectl apply --server-side` of a
// registration with one webhook less would fail on what is left of that one. A field without an owner stays,
// too, when the registration is applied again without it.
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
#include "webhook/certificates/followed_object.h"
#include "webhook/certificates/troubles.h"

namespace modelgate::webhook {

struct RegistrationOptions {
  std::string ns, service;  // who is called
  std::string name;         // of both configurations
};

class RegistrationKeeper {
 public:
  RegistrationKeeper(kube::Client& client, RegistrationOptions options, Troubles& troubles,
                     std::function<void()> changed);

  void start();

  /// Reads what changed.
  kube::Task<void> look();
  /// True where write() would have something to do.
  bool is_to_be_written(std::string_view pem) const;
  /// Makes every bundle of ours hold these CAs, from live reads; nothing is written after `until`.
  kube::Task<void> write(std::string pem, kube::SteadyTime until);

  /// Of the bundles as last seen, both configurations known.
  const BundleMemory& memory() const { return memory_; }
  /// Why a client that goes by the bundles does not trust the pair; empty where all do. `empty_will_do`: one
  /// without a bundle goes by the CAs of its machine, which may know the issuer.
  std::string problem_with(const certs::KeyPair& pair, bool empty_will_do) const;

  /// Rises whenever problem_with may have changed.
  std::uint64_t generation() const { return generation_; }
  std::uint64_t writes() const { return writes_; }

 private:
  struct Configuration {
    Configuration(kube::Client& client, const kube::Resource& kind, const std::string& name,
                  const std::function<void()>& changed);

    const kube::Resource& resource;
    FollowedObject object;
    std::optional<Registration> registered;  // nothing: absent
    kube::SteadyTime written_at{};
    kube::SteadyTime write_after{};
    kube::Backoff pause;
  };

  // Of the configuration with this index.
  kube::Task<void> read(std::size_t which);
  void take(Configuration& configuration, const kube::Object& object);
  kube::Task<void> write_one(std::size_t which, std::string_view pem, kube::SteadyTime until);
  kube::Task<void> apply(std::size_t which, std::string_view pem, kube::SteadyTime until);
  kube::Task<void> disown(std::size_t which, kube::SteadyTime until);
  void remember();

  kube::Client& client_;
  const RegistrationOptions options_;
  Troubles& troubles_;
  std::function<void()> changed_;
  std::array<Configuration, 2> configurations_;
  BundleMemory memory_;
  std::uint64_t generation_ = 0;
  std::uint64_t writes_ = 0;
};

}  // namespace modelgate::webhook
