// SPDX-License-Identifier: Apache-2.0
//
// One object of the cluster that is always read live, and a watch that says when that is worth a call. Used
// by webhook/certificates/cluster_certificates.cc and webhook/certificates/registration.cc; on the client's
// thread.
//
//   FollowedObject secret(client, kube::kSecrets, ns, name, [this] { wake(); });
//   secret.start();
//   if (secret.is_due()) {
//     secret.begin_read();
//     auto object = co_await client.get(...);
//     object ? secret.read(object->resource_version()) : secret.failed();
//   }
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/reflector.h"

namespace modelgate::webhook {

class FollowedObject final : private kube::Store {
 public:
  /// `changed` is called when the object is of another version than the one last read.
  FollowedObject(kube::Client& client, const kube::Resource& resource, std::string ns,
                 const std::string& name, std::function<void()> changed)
      : client_(client),
        changed_(std::move(changed)),
        reflector_(client, resource,
                   {.ns = std::move(ns), .list = {.field_selector = "metadata.name=" + name}}, *this) {}

  void start() {
    kube::spawn(client_.context(), "watch of " + std::string(reflector_.resource().plural),
                [this] { return reflector_.run(); });
  }

  /// Before the call: what changes while it is under way counts as changed since.
  void begin_read() { stale_ = false; }
  /// After it; no version: there is no such object.
  void read(std::string_view version) {
    known_ = true;
    version_ = version;
    read_at_ = std::chrono::steady_clock::now();
  }
  void failed() { stale_ = true; }

  bool is_due() const { return stale_ || age() > kLookAnyway; }
  /// The last read succeeded, and nothing is known to have changed since.
  bool is_fresh() const { return known_ && !stale_; }
  /// Read once, be it that there was none.
  bool is_known() const { return known_; }
  const std::string& version() const { return version_; }
  /// Of the last read.
  std::chrono::nanoseconds age() const { return std::chrono::steady_clock::now() - read_at_; }

 private:
  // Watches tell of changes at once; this finds what one may have missed.
  static constexpr std::chrono::minutes kLookAnyway{5};

  void replace(std::vector<kube::Object> objects) override {
    see(objects.empty() ? std::string_view() : objects.front().resource_version());
  }
  void upsert(kube::Object object) override { see(object.resource_version()); }
  void remove(kube::Object) override { see({}); }

  void see(std::string_view version) {
    if (known_ && version_ == version) return;
    stale_ = true;
    changed_();
  }

  kube::Client& client_;
  std::function<void()> changed_;
  kube::Reflector reflector_;
  bool known_ = false;
  bool stale_ = true;
  std::string version_;
  kube::SteadyTime read_at_{};
};

}  // namespace modelgate::webhook
