// SPDX-License-Identifier: Apache-2.0
//
// A blocking HTTPS client for tests, with OpenSSL only, so that it does not share the server's library. It
// can misbehave: send partial requests, send no TLS, wait.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "certs/key_pair.h"

namespace modelgate::http {

struct ClientReply {
  int status = 0;
  std::string head;  // status line and headers, without the empty line
  std::string body = {};

  bool has_header(std::string_view line) const { return head.find(line) != std::string::npos; }
};

class TlsClient {
 public:
  /// Connects to 127.0.0.1. Every wait ends after `timeout`.
  explicit TlsClient(std::uint16_t port, std::chrono::milliseconds timeout = std::chrono::seconds(10));
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const { return socket_ >= 0; }

  /// The client certificate for the next handshake, if the server requests one.
  void present(std::shared_ptr<const certs::KeyPair> pair) { pair_ = std::move(pair); }

  /// Accepts any certificate; see peer_fingerprint(). False on failure.
  bool handshake(int max_version = 0, const char* ciphers = nullptr);

  /// Over TLS after a handshake, plain before it.
  bool send(std::string_view bytes);
  /// At most `size` bytes; "" at the end of the connection or after `timeout`.
  std::string receive(std::size_t size = 65536);
  /// One complete reply; nothing if the connection ended before.
  std::optional<ClientReply> reply();
  /// True if the server closes the connection within `timeout`.
  bool ended();

  /// SHA-256 of the server's leaf in hex.
  std::string peer_fingerprint() const;
  std::string version() const;

 private:
  int socket_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* tls_ = nullptr;
  std::shared_ptr<const certs::KeyPair> pair_;
  std::string rest_;  // received after the last reply
};

/// "POST /path HTTP/1.1" with the headers that the API server sends.
std::string post(std::string_view path, std::string_view body, std::string_view extra_headers = "");

}  // namespace modelgate::http
