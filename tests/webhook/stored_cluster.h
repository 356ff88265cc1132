// SPDX-License-Identifier: Apache-2.0
#pragma once

// A fake API server for the tests of certificates/: one Secret and two configurations, with resourceVersions, merge
// patches and watches. Of server-side apply it supports what we need: caBundles by a webhook's name.

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kube/client/object.h"
#include "tests/kube/client/fake_api_server.h"

namespace modelgate::webhook {

class StoredCluster {
 public:
  inline static const std::string kSecrets = "/api/v1/namespaces/kserve/secrets";
  inline static const std::string kSecret = kSecrets + "/modelgate-webhook-ca";
  inline static const std::string kMutating =
      "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
  inline static const std::string kValidating =
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
  inline static const std::string kName = "/modelgate";

  StoredCluster() {
    for (const std::string& collection : {kSecrets, kMutating, kValidating}) {
      const std::string path = collection == kSecrets ? kSecret : collection + kName;
      server.on("GET", path, [this, path](kube::FakeExchange& x) { get(x, path); });
      server.on("GET", collection, [this, path](kube::FakeExchange& x) { list(x, path); });
      server.on("PATCH", path, [this, path](kube::FakeExchange& x) { patch(x, path); });
    }
    server.on("POST", kSecrets, [this](kube::FakeExchange& x) { create(x, kSecret); });
  }
  ~StoredCluster() {
    stopping_ = true;
    server.stop();
  }
  StoredCluster(const StoredCluster&) = delete;
  StoredCluster& operator=(const StoredCluster&) = delete;

  // As another client.
  void put(const std::string& path, const std::string& json) {
    const std::lock_guard lock(mutex_);
    store(path, json);
  }
  void remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    objects_.erase(path);
    changed_[path] = ++version_;
  }
  // JSON; empty if it does not exist.
  std::string get(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(path);
    return found == objects_.end() ? "" : found->second;
  }
  // Both configurations, with these webhooks of ours and no bundle.
  void registers(const std::vector<std::string>& webhooks) {
    std::string hooks;
    for (const std::string& name : webhooks) {
      hooks += (hooks.empty() ? "" : ",") + (R"({"name":")" + name) +
               R"(","clientConfig":{"service":{"name":"modelgate-webhook","namespace":"kserve"}}})";
    }
    for (const std::string& kind : {kMutating, kValidating}) {
      put(kind + kName, R"({"metadata":{"name":"modelgate"},"webhooks":[)" + hooks + "]}");
    }
  }
  // PATCH and POST.
  int writes() const {
    int count = 0;
    for (const kube::FakeRequest& request : server.requests()) count += request.method == "GET" ? 0 : 1;
    return count;
  }

  kube::FakeApiServer server;

 private:
  void get(kube::FakeExchange& x, const std::string& path) {
    const std::string json = get(path);
    json.empty() ? x.status(404, "NotFound") : x.reply(200, json);
  }

  void create(kube::FakeExchange& x, const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (objects_.contains(path)) return x.status(409, "AlreadyExists");
    store(path, x.request().body);
    x.reply(201, objects_[path]);
  }

  void patch(kube::FakeExchange& x, const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (!objects_.contains(path)) return x.status(404, "NotFound");
    spec::Arena arena;
    auto stored = *spec::parse_json(objects_[path], arena);
    spec::ParseOptions as_it_is;
    const auto body = *kube::Object::read(with_nulls(x.request().body), as_it_is);
    const std::string version(spec::text_of(*spec::find(spec::find(stored, "metadata"), "resourceVersion")));
    if (body.resource_version() != version) return x.status(409, "Conflict");
    const bool applied = x.request().header("content-type").contains("apply-patch");
    applied ? apply(stored, body.value(), arena) : merge(stored, body.value(), arena);
    store(path, spec::to_json(stored));
    x.reply(200, objects_[path]);
  }

  // Our parser drops nulls, which mean a removal here.
  static std::string with_nulls(std::string json) {
    for (std::size_t at = 0; (at = json.find(":null", at)) != std::string::npos;) {
      json.replace(at, 5, ":\"<removed>\"");
    }
    return json;
  }

  // RFC 7386.
  static void merge(spec::Value& target, const spec::Value& patch, spec::Arena& arena) {
    for (const auto& [key, value] : patch.GetObject()) {
      const std::string_view name = spec::text_of(key);
      spec::Value* const there = spec::find(target, name);
      if (value.IsString() && spec::text_of(value) == "<removed>") {
        if (there != nullptr) target.RemoveMember(std::string(name).c_str());
      } else if (value.IsObject()) {
        if (there == nullptr) spec::set_member(target, name, spec::Value(rapidjson::kObjectType), arena);
        merge(*spec::find(target, name), value, arena);
      } else {
        spec::set_member(target, name, spec::clone(value, arena), arena);
      }
    }
  }

  static void apply(spec::Value& target, const spec::Value& body, spec::Arena& arena) {
    for (const spec::Value& given : spec::find(body, "webhooks")->GetArray()) {
      for (spec::Value& webhook : spec::find(target, "webhooks")->GetArray()) {
        if (!spec::equal(spec::find(webhook, "name"), spec::find(given, "name"))) continue;
        const spec::Value& bundle = *spec::find(spec::find(given, "clientConfig"), "caBundle");
        spec::set_member(*spec::find(webhook, "clientConfig"), "caBundle", spec::clone(bundle, arena), arena);
      }
    }
  }

  // With the lock held.
  void store(const std::string& path, const std::string& json) {
    spec::Arena arena;
    auto value = *spec::parse_json(json, arena);
    spec::Value version(rapidjson::kObjectType);
    spec::set_member(version, "resourceVersion", spec::make_string(std::to_string(++version_), arena), arena);
    spec::Value with_version(rapidjson::kObjectType);
    spec::set_member(with_version, "metadata", std::move(version), arena);
    merge(value, with_version, arena);
    objects_[path] = spec::to_json(value);
    changed_[path] = version_;
  }

  void list(kube::FakeExchange& x, const std::string& path) {
    if (x.request().query("watch") == "1" || x.request().query("watch") == "true") return watch(x, path);
    const int version = this->version();  // before the object is read
    const std::string json = get(path);
    x.reply(200, R"({"metadata":{"resourceVersion":")" + std::to_string(version) + R"("},"items":[)" + json +
                     "]}");
  }

  void watch(kube::FakeExchange& x, const std::string& path) {
    int seen = std::stoi(x.request().query("resourceVersion"));
    x.begin_stream();
    while (x.is_open() && !stopping_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      const auto [version, json] = change(path);
      if (version <= seen) continue;
      seen = version;
      const std::string gone =
          R"({"metadata":{"name":"gone","resourceVersion":")" + std::to_string(version) + "\"}}";
      if (!x.send(std::string(R"({"type":")") + (json.empty() ? "DELETED" : "MODIFIED") + R"(","object":)" +
                  (json.empty() ? gone : json) + "}\n")) {
        return;
      }
    }
  }

  // The last change of the object, and its state.
  std::pair<int, std::string> change(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(path);
    return {changed_[path], found == objects_.end() ? "" : found->second};
  }

  int version() {
    const std::lock_guard lock(mutex_);
    return version_;
  }

  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::map<std::string, std::string> objects_;
  std::map<std::string, int> changed_;  // the version of its last change
  int version_ = 1;
};

}  // namespace modelgate::webhook
