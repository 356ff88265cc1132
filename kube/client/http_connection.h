// SPDX-License-Identifier: Apache-2.0
//
// One HTTP/1.1 connection to the API server, over TLS or plain. The only place of kube/ that knows sockets.
// Used by client_transport.h and client_watch.h.
//
//   auto connection = HttpConnection::make(context, endpoint, tls);
//   connection->set_deadline(deadline);                          // for all that follows
//   auto opened = co_await connection->open();
//   auto head = co_await connection->exchange(std::move(request));
//   while (true) { auto more = co_await connection->read_body(text); if (!more || !*more) break; }
//
// Not thread-safe. Each call leaves an ApiError of kind kConnection, kTls, kDeadline, kMalformed or
// kCancelled; after one the connection is of no further use.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "kube/client/api_error.h"
#include "kube/client/http_response.h"
#include "kube/client/task.h"

namespace modelgate::kube {

struct HttpEndpoint {
  std::string host;  // a name or an IP address, without brackets
  std::string port;
  bool tls = true;
  std::string server_name = {};  // for SNI and verification in place of `host`
};

class HttpConnection {
 public:
  static std::shared_ptr<HttpConnection> make(asio::io_context& context, const HttpEndpoint& endpoint,
                                              const std::shared_ptr<SSL_CTX>& tls);
  virtual ~HttpConnection() = default;

  /// From now on; the one before is forgotten. When it passes, what is under way fails with kDeadline.
  virtual void set_deadline(SteadyTime deadline) = 0;
  /// Looks the name up, connects to each address in turn, and makes the TLS handshake.
  virtual Task<ApiResult<void>> open() = 0;
  /// Sends `request`, a whole one with head and body, and reads the head of its answer.
  virtual Task<ApiResult<HttpHead>> exchange(std::string request) = 0;
  /// Appends what comes next of the body; false at its end, with nothing appended.
  virtual Task<ApiResult<bool>> read_body(std::string& text) = 0;

  /// Of the last exchange: false where the network did not take the whole request, so that no server can have
  /// acted on it.
  virtual bool sent() const = 0;
  /// Of the last exchange: a byte of the answer came.
  virtual bool answered() const = 0;
  /// After the body's end: whether another exchange may follow. Looks at the socket: a peer that has closed
  /// meanwhile, or said something unasked, makes it false.
  virtual bool reusable() = 0;
  /// Between exchanges: no deadline, no buffers.
  virtual void rest() = 0;
  /// What is under way fails with kCancelled.
  virtual void cancel() = 0;
};

}  // namespace modelgate::kube
