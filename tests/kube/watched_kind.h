// SPDX-License-Identifier: Apache-2.0
//
// One kind at a FakeApiServer for tests of watches: lists and streams in the order that the test defines,
// then a silent stream. Used by reflector_test.cc and catalog_watch_test.cc.
//
//   WatchedKind maps(server, kConfigMaps, "ns");
//   maps.list("10", {object("a", "9")});
//   maps.next_list([](FakeExchange& x) { x.status(403, "Forbidden"); });
//   maps.stream([](FakeExchange& x) { x.send(event("ADDED", object("b", "11"))); x.end_stream(); });
//   ...
//   EXPECT_THAT(maps.watched_from(), ElementsAre("10", "11"));
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "kube/client/client.h"
#include "tests/kube/client/fake_api_server.h"

namespace modelgate::kube {

inline std::string object(std::string_view name, std::string_view version,
                          std::string_view kind = "ConfigMap", std::string_view more = "") {
  return fmt::format(
      R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":"{}","uid":"uid-{}","resourceVersion":"{}"}}{}}})",
      kind == "ConfigMap" ? "v1" : "serving.kserve.io/v1alpha1", kind, name, name, version, more);
}

inline std::string event(std::string_view type, const std::string& object) {
  return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, object);
}

inline std::string gone_event() {
  return event("ERROR",
               R"({"kind":"Status","apiVersion":"v1","status":"Failure","code":410,"reason":"Expired",)"
               R"("message":"too old resource version"})");
}

class WatchedKind {
 public:
  WatchedKind(FakeApiServer& server, const Resource& resource, std::string_view ns = {})
      : server_(server), path_(resource.path(ns)) {
    server.on("GET", path_, [this](FakeExchange& x) {
      const bool watch = !x.request().query("watch").empty();
      if (const FakeHandler handler = take(watch)) return handler(x);
      if (absent_) return x.reply(404, "404 page not found\n", {}, "text/plain");
      if (!watch) return x.reply(200, text());
      x.begin_stream();
      x.wait_for_close();
    });
  }

  /// Stops the server, whose threads run our handler.
  ~WatchedKind() { server_.stop(); }
  WatchedKind(const WatchedKind&) = delete;
  WatchedKind& operator=(const WatchedKind&) = delete;

  /// The list from now on.
  void list(std::string_view version, const std::vector<std::string>& objects) {
    const std::lock_guard lock(mutex_);
    list_ = fmt::format(
        R"({{"kind":"List","apiVersion":"v1","metadata":{{"resourceVersion":"{}"}},"items":[{}]}})", version,
        fmt::join(objects, ","));
  }
  /// Whether the kind exists.
  void set_absent(bool absent) { absent_ = absent; }
  /// Handles the next list or watch. Several handlers are used in their order.
  void next_list(FakeHandler handler) { add(false, std::move(handler)); }
  void next_watch(FakeHandler handler) { add(true, std::move(handler)); }
  /// Handles the next watch, after the start of its stream.
  void stream(FakeHandler handler) {
    next_watch([handler = std::move(handler)](FakeExchange& x) {
      x.begin_stream();
      handler(x);
    });
  }

  std::vector<std::string> watched_from() const {
    std::vector<std::string> versions;
    for (const FakeRequest& r : requests(true)) versions.push_back(r.query("resourceVersion"));
    return versions;
  }
  std::size_t lists() const { return requests(false).size(); }
  std::vector<FakeRequest> requests(bool watches) const {
    std::vector<FakeRequest> found;
    for (const FakeRequest& r : server_.requests()) {
      if (r.path == path_ && r.query("watch").empty() != watches) found.push_back(r);
    }
    return found;
  }

 private:
  void add(bool watch, FakeHandler handler) {
    const std::lock_guard lock(mutex_);
    next_[watch].push_back(std::move(handler));
  }
  FakeHandler take(bool watch) {
    const std::lock_guard lock(mutex_);
    if (next_[watch].empty()) return {};
    FakeHandler handler = std::move(next_[watch].front());
    next_[watch].pop_front();
    return handler;
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return list_;
  }

  FakeApiServer& server_;
  std::string path_;
  std::atomic<bool> absent_ = false;
  mutable std::mutex mutex_;                     // for what follows
  std::array<std::deque<FakeHandler>, 2> next_;  // of lists, of watches
  std::string list_;
};

/// Runs `context` until `done`; false after a minute, which only a failing test takes.
inline bool run_until(asio::io_context& context, const std::function<bool()>& done) {
  const auto over = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!done()) {
    if (std::chrono::steady_clock::now() > over) return false;
    context.restart();
    context.run_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace modelgate::kube
