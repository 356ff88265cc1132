// SPDX-License-Identifier: Apache-2.0
#include "tests/http/tls_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "certs/key_pair.h"
#include "certs/openssl.h"

namespace modelgate::http {

TlsClient::TlsClient(std::uint16_t port, std::chrono::milliseconds timeout)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that the server has closed
  const timeval limit{.tv_sec = timeout.count() / 1000, .tv_usec = timeout.count() % 1000 * 1000};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

TlsClient::~TlsClient() {
  SSL_free(tls_);
  SSL_CTX_free(context_);
  if (socket_ >= 0) ::close(socket_);
}

bool TlsClient::handshake(int max_version, const char* ciphers) {
  context_ = SSL_CTX_new(TLS_client_method());
  if (max_version != 0) {
    SSL_CTX_set_min_proto_version(context_, 0);
    SSL_CTX_set_max_proto_version(context_, max_version);
  }
  SSL_CTX_set_cipher_list(context_, ciphers != nullptr ? ciphers : "ALL:@SECLEVEL=0");
  SSL_CTX_set_mode(context_, SSL_MODE_AUTO_RETRY);
  if (pair_) SSL_CTX_use_cert_and_key(context_, pair_->leaf(), pair_->key(), nullptr, 1);
  tls_ = SSL_new(context_);
  SSL_set_fd(tls_, socket_);
  const bool made = SSL_connect(tls_) == 1;
  if (!made) certs::take_openssl_error();
  return made;
}

bool TlsClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t part = std::min(bytes.size(), std::size_t{1} << 20);
    const ssize_t sent = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(part))
                                         : ::send(socket_, bytes.data(), part, MSG_NOSIGNAL);
    if (sent <= 0) {
      certs::take_openssl_error();
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string TlsClient::receive(std::size_t size) {
  std::string bytes(size, '\0');
  const ssize_t count = tls_ != nullptr ? SSL_read(tls_, bytes.data(), static_cast<int>(size))
                                        : ::recv(socket_, bytes.data(), size, 0);
  if (count <= 0) certs::take_openssl_error();
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

std::optional<ClientReply> TlsClient::reply() {
  const auto more = [this] {
    const std::string bytes = receive();
    rest_ += bytes;
    return !bytes.empty();
  };
  std::size_t end = 0;
  while ((end = rest_.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return std::nullopt;
  }
  ClientReply reply{.head = rest_.substr(0, end)};
  reply.status = std::atoi(reply.head.c_str() + std::string_view("HTTP/1.1 ").size());
  const std::size_t length_at = reply.head.find("Content-Length: ");
  const std::size_t length =
      length_at == std::string::npos ? 0 : std::strtoul(reply.head.c_str() + length_at + 16, nullptr, 10);
  while (rest_.size() < end + 4 + length) {
    if (!more()) return std::nullopt;
  }
  reply.body = rest_.substr(end + 4, length);
  rest_.erase(0, end + 4 + length);
  return reply;
}

bool TlsClient::ended() {
  if (!rest_.empty()) return false;
  std::array<char, 1> byte{};
  if (tls_ != nullptr) {
    const int count = SSL_read(tls_, byte.data(), 1);
    const bool waiting = count <= 0 && SSL_get_error(tls_, count) == SSL_ERROR_WANT_READ;
    certs::take_openssl_error();
    return count <= 0 && !waiting;
  }
  const ssize_t count = ::recv(socket_, byte.data(), 1, 0);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

std::string TlsClient::peer_fingerprint() const {
  const certs::X509Ptr certificate(SSL_get1_peer_certificate(tls_));
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size);
  std::string text;
  for (const unsigned char byte : digest) {
    static constexpr char kHex[] = "0123456789abcdef";
    text.push_back(kHex[byte >> 4U]);
    text.push_back(kHex[byte & 0xFU]);
  }
  return text;
}

std::string TlsClient::version() const {
  return SSL_get_version(tls_);
}

std::string post(std::string_view path, std::string_view body, std::string_view extra_headers) {
  std::string text =
      "POST " + std::string(path) +
      " HTTP/1.1\r\nHost: webhook.modelgate.svc:443\r\nUser-Agent: kube-apiserver-admission\r\n"
      "Accept: application/json, */*\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n";
  text.append(extra_headers).append("\r\n").append(body);
  return text;
}

}  // namespace modelgate::http
