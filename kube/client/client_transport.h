// SPDX-License-Identifier: Apache-2.0
//
// How a call gets to the API server and back: the rate, credentials, a pool of connections, and what is sent
// again when. What the calls mean is client.cc's, which is the only one to use this, with client_watch.cc.
//
//   auto answer = co_await ClientTransport::call(transport, std::move(request));
//
// A pooled connection is looked at before it is used, so that one that the server has closed meanwhile costs
// nothing; the rest of that race (it closes while we write) is dealt with as client.h says.
//
// Coroutines hold a shared_ptr to the transport, so a Client may go while calls are under way: close() makes
// them end with kCancelled.
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

/// The API server closes a connection that was idle for 90 seconds.
inline constexpr std::chrono::seconds kIdleConnection{60};

struct ApiRequest {
  std::string method;
  std::string path;        // without the configuration's base path
  std::string query = {};  // "a=b&c=d"
  std::string content_type = {};
  std::string body = {};
  SteadyTime deadline = {};
  bool urgent = false;
  bool stream = false;  // a watch: no rate, a connection of its own, the body is read by the caller
};

struct Fault;
class ClientTransport;
using Transport = std::shared_ptr<ClientTransport>;

/// A connection in use. The transport's close() reaches it through this.
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

  /// The body of the success.
  static Task<ApiResult<std::string>> call(Transport self, ApiRequest request);
  /// A connection whose answer's head was a success and whose body follows.
  static Task<ApiResult<std::unique_ptr<LiveConnection>>> stream(Transport self, ApiRequest request);

  /// Everything under way ends with kCancelled, and so does every later call.
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
  static Attempt played(const Fault& fault, bool sent);
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
  std::list<Idle> idle_;  // the one used last is in front
  std::unique_ptr<IdleTimer> idle_timer_;
  std::list<HttpConnection*> live_;
  bool closed_ = false;
};

}  // namespace modelgate::kube
