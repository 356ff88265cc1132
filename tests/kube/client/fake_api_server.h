// SPDX-License-Identifier: Apache-2.0
//
// A fake API server with answers defined by the test, over sockets on 127.0.0.1, with or without TLS. It
// implements HTTP, not Kubernetes.
//
//   FakeApiServer server;                                     // or FakeApiServer server({.tls = FakeTls{}});
//   server.on("GET", "/api/v1/namespaces/ns/configmaps/a", [](FakeExchange& x) { x.reply(200, kObject); });
//   server.once("PUT", "/api/v1/...", [](FakeExchange& x) { x.status(429, "TooManyRequests"); });
//   server.on("GET", "/api/v1/configmaps", [](FakeExchange& x) {
//     if (x.request().query("watch") != "1") return x.reply(200, kList);
//     x.begin_stream();
//     x.send(kEvent + "\n");                                  // one chunk
//     x.wait_for_close();                                     // or end_stream(), cut(), raw("garbage")
//   });
//   run_with_client(server.config(), {}, [](Client& client) -> Task<void> { ... });
//   EXPECT_EQ(server.count("GET", "/api/v1/configmaps"), 2);
//
// A handler runs on its connection's thread, so handlers may run concurrently; what they share with the test
// needs a lock or an atomic. Handlers of once() are used first, in their order, then the one of on(). The
// path "*" handles all other paths; without it they get a 404.
//
// stop() and the destructor cut all connections and join all threads, which ends all waits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kube/client/client_config.h"

struct ssl_ctx_st;

namespace modelgate::kube {

struct FakeRequest {
  std::string method, path;                    // the path without its query
  std::map<std::string, std::string> queries;  // decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  int connection = 0;  // counted from 1 in the order of their start

  std::string query(const std::string& name) const;
  std::string header(const std::string& name) const;
};

class FakeExchange {
 public:
  const FakeRequest& request() const { return request_; }

  /// `headers`: further lines, each but the last ends with "\r\n".
  void reply(int code, std::string_view body, std::string_view headers = {},
             std::string_view content_type = "application/json");
  /// A Status object of that code and reason.
  void status(int code, std::string_view reason, std::string_view headers = {},
              std::string_view message = "as asked");

  /// Starts a chunked answer. send() returns false if the client has closed.
  void begin_stream(int code = 200);
  bool send(std::string_view chunk);
  void end_stream();

  /// Sends bytes unchanged.
  bool raw(std::string_view bytes);
  /// Closes the connection with FIN, or with a reset.
  void close();
  void cut();
  /// Waits until the client closes the connection or the server stops. Discards what the client sends.
  void wait_for_close();
  bool is_open() const { return open_; }

 private:
  friend class FakeApiServer;
  class Line;
  FakeExchange(Line& line, FakeRequest request) : line_(line), request_(std::move(request)) {}

  Line& line_;
  FakeRequest request_;
  bool open_ = true;
};

using FakeHandler = std::function<void(FakeExchange&)>;

struct FakeTls {
  std::vector<std::string> dns_names = {};
  std::vector<std::string> addresses = {"127.0.0.1"};
  bool expired = false;
  std::string client_ca_pem = {};  // client certificates of this CA are required
};

struct FakeOptions {
  std::optional<FakeTls> tls = {};
};

class FakeApiServer {
 public:
  explicit FakeApiServer(FakeOptions options = {});
  ~FakeApiServer();
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;

  void on(const std::string& method, const std::string& path, FakeHandler handler);
  void once(const std::string& method, const std::string& path, FakeHandler handler);

  std::uint16_t port() const { return port_; }
  /// To connect to it, with its CA if it has one.
  ClientConfig config() const;
  const std::string& ca_pem() const { return ca_pem_; }

  /// Cuts every connection, with a reset.
  void cut_all();
  /// Closes the port until start().
  void stop();
  void start();

  /// Since the beginning.
  std::vector<FakeRequest> requests() const;
  int count(std::string_view method, std::string_view path) const;
  int connections() const { return accepted_; }

 private:
  using Key = std::pair<std::string, std::string>;

  void accept_loop();
  void serve(int socket, int number);
  FakeHandler handler_of(const FakeRequest& request);

  FakeOptions options_;
  std::shared_ptr<ssl_ctx_st> tls_;
  std::string ca_pem_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<int> accepted_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread acceptor_;

  mutable std::mutex mutex_;  // for what follows
  std::list<std::thread> threads_;
  std::list<int> sockets_;
  std::map<Key, FakeHandler> handlers_;
  std::map<Key, std::deque<FakeHandler>> once_;
  std::vector<FakeRequest> requests_;
};

}  // namespace modelgate::kube
