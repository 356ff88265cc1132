// SPDX-License-Identifier: Apache-2.0
//
// A server in this process, with short deadlines.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "certs/authority.h"
#include "http/server.h"

namespace modelgate::http {

inline std::shared_ptr<const certs::KeyPair> new_pair() {
  const auto now = std::chrono::system_clock::now();
  static const certs::Authority kCa = *certs::Authority::make({.now = now});
  return *kCa.sign({.dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}, .now = now});
}

/// Echoes the body, except for some paths.
class EchoHandler final : public Handler {
 public:
  std::optional<Reply> handle(const Request& request, ReplyLater& later) override {
    if (request.path == "/throw") throw std::runtime_error("as asked");
    if (request.path == "/close") return Reply{.close = true, .body = "bye"};
    if (request.path == "/large") return Reply{.body = std::string(3 << 20, 'x')};
    if (request.path == "/taken") return Reply{.body = std::to_string(request.taken.count())};
    if (request.path == "/hold") {
      if (!later.may_wait()) return overloaded_reply("enough");
      held_.push_back(&later);
      return std::nullopt;
    }
    if (request.path == "/later") {
      std::thread([this, &later] {
        on_my_thread([&later] { later.reply(Reply{.body = "late"}); });
      }).detach();
      return std::nullopt;
    }
    return Reply{.body = std::string(request.body)};
  }

  /// Answers all waiting requests of /hold. On this handler's thread.
  void release() {
    for (ReplyLater* later : std::exchange(held_, {})) later->reply(Reply{.body = "released"});
  }

  /// Set by TestServer, for /later.
  std::function<void(std::function<void()>)> on_my_thread;

 private:
  std::vector<ReplyLater*> held_;
};

/// Long deadlines; a test shortens the one that it tests.
inline Limits quick_limits() {
  Limits limits;
  limits.tick = std::chrono::milliseconds(10);
  limits.close = std::chrono::milliseconds(300);
  return limits;
}

class TestServer {
 public:
  explicit TestServer(const Limits& limits = quick_limits(), int threads = 1, TlsOptions tls = {})
      : pair_(new_pair()) {
    auto server = Server::listen(
        {.address = {"127.0.0.1", 0}, .threads = threads, .tls = std::move(tls), .limits = limits},
        [this] {
          auto handler = std::make_unique<EchoHandler>();
          handler->on_my_thread = [this](const std::function<void()>& task) {
            server_->on_each_thread([task](Handler&) { task(); });
          };
          return handler;
        },
        pair_.get());
    if (!server) throw std::runtime_error(server.error());
    server_ = std::move(*server);
    server_->start();
  }

  Server* operator->() { return server_.get(); }
  std::uint16_t port() const { return server_->address().port; }
  const certs::KeyPair& pair() const { return *pair_; }

  /// Waits until `condition` holds; false after a minute, which only a failing test takes.
  static bool eventually(const std::function<bool()>& condition) {
    const auto over = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > over) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

 private:
  std::shared_ptr<const certs::KeyPair> pair_;
  std::unique_ptr<Server> server_;
};

}  // namespace modelgate::http
