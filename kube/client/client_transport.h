// SPDX-License-Identifier: Apache-2.0
//
// Sends requests to the API server: rate limit, credentials, connection pool and retries. Used by client.cc,
// which knows what the calls mean, and client_watch.cc.
//
//   auto answer = co_await ClientTransport::call(transport, std::move(request));
//
// A pooled connection is checked before use, so one that the server has closed costs no request. If the
// server closes it during the write, the retries of client.h apply.
//
// Coroutines hold a shared_ptr to the transport, so a Client may be destroyed while calls are running:
// close() ends them with kCancelled.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "kube/client/client.h"
#include "kube/client/credentials.h"
#include "kube/client/http_connection.h"
#include "kube/client/rate_limit.h"

namespace modelgate::kube {

/// Less than the 90 seconds after which the API server closes an idle connection.
inline constexpr std::chrono::seconds kIdleConnection{60};

struct ApiRequest {
  std::string method;
  std::string path;        // without ClientConfig::base_path
  std::string query = {};  // "a=b&c=d"
  std::string content_type = {};
  std::string body = {};
  SteadyTime deadline = {};
  bool urgent = false;
  bool stream = false;  // a watch: no rate limit, its own connection, the caller reads the body
};

struct Fault;
class ClientTransport;
using Transport = std::shared_ptr<ClientTransport>;

/// A connection in use, registered for ClientTransport::close().
class LiveConnection {
 public:
  LiveConnection(Transport transport, std::shared_ptr<HttpConnection> connection);
  ~LiveConnection();
  LiveConnection(const LiveConnection&) = delete;
  LiveConnection& operator=(const LiveConnection&) = delete;

  HttpConnection* operator->() const { return connection_.get(); }
  const std::shared_ptr<HttpConnection>& connection() const { return connection_; }

 private:
  Transport transport_;
  std::shared_ptr<HttpConnection> connection_;
  std::list<HttpConnection*>::iterator place_;
};

class ClientTransport : public std::enable_shared_from_this<ClientTransport> {
 public:
  ClientTransport(asio::io_context& context, ClientConfig config, ClientOptions options);
  ~ClientTransport();

  /// The body of a successful answer.
  static Task<ApiResult<std::string>> call(Transport self, ApiRequest request);
  /// The connection of a successful answer, from which the body can be read.
  static Task<ApiResult<std::unique_ptr<LiveConnection>>> stream(Transport self, ApiRequest request);

  /// Running and later calls end with kCancelled.
  void close();

  asio::io_context& context() { return context_; }
  const ClientConfig& config() const { return credentials_.config(); }
  const ClientCounts& counts() const { return counts_; }
  FaultInjector* faults() const { return options_.faults; }

 private:
  friend class LiveConnection;
  struct Attempt;
  struct Idle;
  class IdleTimer;
  class Slot;

  static Task<ApiResult<Attempt>> send(Transport self, ApiRequest request);
  static Task<Attempt> attempt(Transport self, const ApiRequest& request);
  static Attempt injected(const Fault& fault, bool sent);
  static Task<Attempt> attempt_under_faults(Transport self, const ApiRequest& request);
  static Task<ApiResult<void>> take_place(Transport self, const ApiRequest& request);
  static Task<ApiResult<void>> take_slot(Transport self, const ApiRequest& request, Slot& slot);
  std::shared_ptr<HttpConnection> idle_connection(std::uint64_t generation);
  void keep(std::shared_ptr<HttpConnection> connection, std::uint64_t generation);
  void drop_idle(SteadyTime older_than);
  std::string text_of(const ApiRequest& request, const CredentialSet& credentials) const;

  asio::io_context& context_;
  ClientOptions options_;
  Credentials credentials_;
  HttpEndpoint endpoint_;
  RateLimit rate_;
  ClientCounts counts_;
  std::size_t in_use_ = 0;  // of the pool's connections
  Waiters free_;
  std::list<Idle> idle_;  // the most recently used first
  std::unique_ptr<IdleTimer> idle_timer_;
  std::list<HttpConnection*> live_;
  bool closed_ = false;
};

}  // namespace modelgate::kube
