// SPDX-License-Identifier: Apache-2.0
#pragma once

// An HTTP/1.1 server over TLS, or plain for probes: accepts, reads, asks a Handler, writes. It knows nothing
// of admission. Used by http/probe_servers.h, webhook/program.cc, the tests and the benchmark's echo, which
// differ in the handler alone.
//
//   auto server = Server::listen({.address = {"0.0.0.0", 9443}, .threads = 2, .tls = TlsOptions{}},
//                                [] { return std::make_unique<MyHandler>(); }, source->current().get());
//   if (!server) return complain(server.error());
//   (*server)->start();
//   ...
//   (*server)->drain();                                  // answers carry "Connection: close" from now on
//   while ((*server)->open_connections() > 0 && !over) wait();
//   (*server)->stop();                                   // what is still there is cut off
//
// One io_context a thread. The first thread also accepts, and gives each connection to the thread with the
// fewest, since an API server opens few and keeps them. A connection stays on its thread. An error of
// accept(2) is logged and counted, and accepting goes on after a pause.
//
// Answers by itself: 400 for what is not HTTP, 408, 413, 429 and 431 for what breaks http/limits.h, 500
// when the handler throws. After 400, 408, 413 and 431 the connection ends, since nobody knows where the next
// request begins.

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
  // Binds and listens; nothing is accepted before start(). `pair` is needed with TLS and null without. The
  // error is text for people, such as "127.0.0.1:9443: address already in use". The factory is called once
  // for each thread, on that thread.
  static std::expected<std::unique_ptr<Server>, std::string> listen(ServerOptions options,
                                                                    HandlerFactory factory,
                                                                    const certs::KeyPair* pair);
  ~Server();  // stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // With the port that the kernel chose.
  process::Address address() const;

  void start();
  void drain();
  void stop();

  // The pair for handshakes that begin from now on; connections that are there keep theirs. The error is text
  // for people, and leaves the former pair in place.
  std::expected<void, std::string> use_certificate(const certs::KeyPair& pair);

  // The same with other clients to be let in, from now on.
  std::expected<void, std::string> use_clients(std::shared_ptr<const TrustedClients> clients,
                                               const certs::KeyPair& pair);

  // Runs `task` once on each thread, with that thread's handler, soon: the way to hand something to handlers.
  // After start().
  void on_each_thread(const std::function<void(Handler&)>& task);

  std::size_t open_connections() const;
  std::vector<std::size_t> connections_by_thread() const;
  ServerCounts counts() const;
  bool draining() const;
  // False when the listener is gone, by stop() or because the kernel took it away.
  bool listening() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::http
