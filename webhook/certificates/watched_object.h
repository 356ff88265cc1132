// SPDX-License-Identifier: Apache-2.0
//
// One object of the cluster that is always read live, with a watch that reports when a read is due. Used by
// ca_store.h and ca_bundle_publisher.h; on the client's thread.
//
//   WatchedObject secret(client, kube::kSecrets, ns, name, [this] { wake(); });
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
#include <utility>
#include <vector>

#include "kube/reflector.h"

namespace modelgate::webhook {

class WatchedObject final : private kube::Store {
 public:
  /// `on_change` is called when the object has another version than the one last read.
  WatchedObject(kube::Client& client, const kube::Resource& resource, std::string ns, const std::string& name,
                std::function<void()> on_change)
      : client_(client),
        on_change_(std::move(on_change)),
        reflector_(client, resource,
                   {.ns = std::move(ns), .list = {.field_selector = "metadata.name=" + name}}, *this) {}

  void start() {
    kube::spawn(client_.context(), "watch of " + std::string(reflector_.resource().plural),
                [this] { return reflector_.run(); });
  }

  /// Before the call, so that a change during the call makes the next read due.
  void begin_read() { stale_ = false; }
  /// After the call; an empty version: the object does not exist.
  void read(std::string_view version) {
    known_ = true;
    version_ = version;
    read_at_ = std::chrono::steady_clock::now();
  }
  void failed() { stale_ = true; }

  bool is_due() const { return stale_ || age() > kReadAnyway; }
  /// The last read succeeded, and the watch has reported no change since.
  bool is_fresh() const { return known_ && !stale_; }
  /// It was read once, whether it existed or not.
  bool is_known() const { return known_; }
  const std::string& version() const { return version_; }
  /// Of the last read.
  std::chrono::nanoseconds age() const { return std::chrono::steady_clock::now() - read_at_; }

 private:
  /// For changes that a watch missed.
  static constexpr std::chrono::minutes kReadAnyway{5};

  void replace(std::vector<kube::Object> objects) override {
    notice(objects.empty() ? std::string_view() : objects.front().resource_version());
  }
  void upsert(kube::Object object) override { notice(object.resource_version()); }
  void remove(kube::Object) override { notice({}); }

  void notice(std::string_view version) {
    if (known_ && version_ == version) return;
    stale_ = true;
    on_change_();
  }

  kube::Client& client_;
  std::function<void()> on_change_;
  kube::Reflector reflector_;
  bool known_ = false;
  bool stale_ = true;
  std::string version_;
  kube::SteadyTime read_at_{};
};

}  // namespace modelgate::webhook
