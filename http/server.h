// SPDX-License-Identifier: Apache-2.0
//
// An HTTP/1.1 server with TLS, or without it for probes: accepts, reads, calls a Handler, writes. It knows
// nothing about admission. Used by http/probe_servers.h, webhook/program.cc, tests and the benchmark's echo
// server, with different handlers.
//
//   auto server = Server::listen({.address = {"0.0.0.0", 9443}, .threads = 2, .tls = TlsOptions{}},
//                                [] { return std::make_unique<MyHandler>(); }, source->current().get());
//   if (!server) return complain(server.error());
//   (*server)->start();
//   ...
//   (*server)->drain();                                  // from now on replies have "Connection: close"
//   while ((*server)->open_connections() > 0 && !over) wait();
//   (*server)->stop();                                   // closes remaining connections
//
// One io_context per thread. The first thread also accepts, and assigns each connection to the thread with
// the fewest, since an API server opens few connections and reuses them. A connection stays on its thread. An
// error of accept(2) is logged and counted, and accepting continues after a pause.
//
// Replies without a handler: 400 for invalid HTTP; 408, 413, 429 and 431 beyond http/limits.h; 500 if the
// handler throws. After 400, 408, 413 and 431 the connection is closed, since the start of the next request
// is unknown.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/counters.h"
#include "http/handler.h"
#include "http/limits.h"
#include "http/tls.h"
#include "process/address.h"

namespace modelgate::http {

struct ServerOptions {
  process::Address address;
  int threads = 1;
  std::optional<TlsOptions> tls = std::nullopt;  // none: plain HTTP
  Limits limits = {};
};

class Server {
 public:
  /// Binds and listens; start() begins to accept. `pair` is required with TLS and null without. The error is
  /// text for the user, such as "127.0.0.1:9443: address already in use". The factory is called once per
  /// thread, on that thread.
  static std::expected<std::unique_ptr<Server>, std::string> listen(ServerOptions options,
                                                                    HandlerFactory factory,
                                                                    const certs::KeyPair* pair);
  ~Server();  // stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// With the port that the kernel chose.
  process::Address address() const;

  void start();
  void drain();
  void stop();

  /// Uses the pair for new handshakes; existing connections keep theirs. The error is text for the user; the
  /// previous pair stays in use.
  std::expected<void, std::string> use_certificate(const certs::KeyPair& pair);

  /// The same, with other trusted clients.
  std::expected<void, std::string> use_clients(std::shared_ptr<const TrustedClients> clients,
                                               const certs::KeyPair& pair);

  /// Posts `task` to each thread, with that thread's handler. After start().
  void on_each_thread(const std::function<void(Handler&)>& task);

  std::size_t open_connections() const;
  std::vector<std::size_t> connections_by_thread() const;
  ServerCounts counts() const;
  bool draining() const;
  /// False after stop(), or if the listener failed.
  bool listening() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::http
