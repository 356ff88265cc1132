// SPDX-License-Identifier: Apache-2.0
//
// One HTTP/1.1 connection to the API server, over TLS or plain. The only file in kube/ that uses sockets.
// Used by client_transport.cc and client_watch.cc.
//
//   auto connection = HttpConnection::make(context, endpoint, tls);
//   connection->set_deadline(deadline);                          // for all that follows
//   auto opened = co_await connection->open();
//   auto head = co_await connection->exchange(std::move(request));
//   while (true) { auto more = co_await connection->read_body(text); if (!more || !*more) break; }
//
// Not thread-safe. Errors are of kind kConnection, kTls, kDeadline, kMalformed or kCancelled; after one the
// connection cannot be used any more.
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

  /// Replaces the previous deadline. When it passes, the running operation fails with kDeadline.
  virtual void set_deadline(SteadyTime deadline) = 0;
  /// Resolves the name, tries each address, and does the TLS handshake.
  virtual Task<ApiResult<void>> open() = 0;
  /// Sends `request`, head and body, and reads the head of the answer.
  virtual Task<ApiResult<HttpHead>> exchange(std::string request) = 0;
  /// Appends the next part of the body; false at its end, with nothing appended.
  virtual Task<ApiResult<bool>> read_body(std::string& text) = 0;

  /// Of the last exchange: false if the request was not sent completely, so that no server can have processed
  /// it.
  virtual bool sent() const = 0;
  /// Of the last exchange: the first byte of the answer arrived.
  virtual bool answered() const = 0;
  /// After the body's end: whether another exchange may follow. Checks the socket: false if the peer has
  /// closed it or has sent unexpected data.
  virtual bool reusable() = 0;
  /// Between exchanges: clears the deadline and frees the buffers.
  virtual void rest() = 0;
  /// The running operation fails with kCancelled.
  virtual void cancel() = 0;
};

}  // namespace modelgate::kube
