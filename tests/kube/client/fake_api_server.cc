// SPDX-License-Identifier: Apache-2.0
#include "tests/kube/client/fake_api_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "certs/authority.h"
#include "certs/openssl.h"
#include "spec/text/ascii.h"

namespace modelgate::kube {
namespace {

void check(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(what);
}

int listen_on(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  check(::bind(socket, generic, size) == 0, "bind");
  check(::listen(socket, 64) == 0, "listen");
  check(::getsockname(socket, generic, &size) == 0, "getsockname");
  port = ntohs(address.sin_port);
  return socket;
}

void reset_on_close(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

void read_query(std::string_view text, std::map<std::string, std::string>& into) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const auto equals = std::min(pair.find('='), pair.size());
    into[decoded(pair.substr(0, equals))] = decoded(pair.substr(std::min(pair.size(), equals + 1)));
  }
}

FakeRequest read_head(std::string_view head) {
  FakeRequest request;
  const std::string_view first = head.substr(0, head.find("\r\n"));
  const auto blank = first.find(' ');
  const std::string_view target = first.substr(blank + 1, first.rfind(' ') - blank - 1);
  request.method = first.substr(0, blank);
  request.path = target.substr(0, target.find('?'));
  if (target.size() > request.path.size())
    read_query(target.substr(request.path.size() + 1), request.queries);
  head.remove_prefix(std::min(head.size(), first.size() + 2));
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    const auto colon = std::min(line.find(':'), line.size());
    const std::string name = text::lowercase(line.substr(0, colon));
    request.headers[name] = line.substr(std::min(line.size(), colon + 2));
  }
  return request;
}

}  // namespace

// A connection, over TLS or not.
class FakeExchange::Line {
 public:
  Line(int socket, SSL_CTX* tls) : socket_(socket), tls_(tls ? SSL_new(tls) : nullptr) {
    if (tls_) SSL_set_fd(tls_, socket_);
  }
  ~Line() { SSL_free(tls_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  bool handshake() { return !tls_ || SSL_accept(tls_) == 1; }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const int part = static_cast<int>(std::min<std::size_t>(bytes.size(), 1U << 20));
      const auto sent = tls_ ? SSL_write(tls_, bytes.data(), part)
                             : ::send(socket_, bytes.data(), static_cast<std::size_t>(part), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Appends received bytes; false at the end.
  bool read(std::string& text) {
    char buffer[16384];
    const auto got =
        tls_ ? SSL_read(tls_, buffer, sizeof(buffer)) : ::recv(socket_, buffer, sizeof(buffer), 0);
    if (got <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  void end() {
    if (tls_) SSL_shutdown(tls_);
    ::shutdown(socket_, SHUT_WR);
  }

  int socket() const { return socket_; }
  std::string unread;

 private:
  int socket_;
  SSL* tls_;
};

std::string FakeRequest::query(const std::string& name) const {
  const auto it = queries.find(name);
  return it == queries.end() ? std::string() : it->second;
}

std::string FakeRequest::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? std::string() : it->second;
}

void FakeExchange::reply(int code, std::string_view body, std::string_view headers,
                         std::string_view content_type) {
  raw(fmt::format("HTTP/1.1 {} Said\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}{}\r\n{}", code,
                  content_type, body.size(), headers, headers.empty() ? "" : "\r\n", body));
}

void FakeExchange::status(int code, std::string_view reason, std::string_view headers,
                          std::string_view message) {
  const std::string body = fmt::format(
      R"({{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"{}","message":"{}","reason":"{}","code":{}}})",
      code / 100 == 2 ? "Success" : "Failure", message, reason, code);
  reply(code, body, headers);
}

void FakeExchange::begin_stream(int code) {
  raw(fmt::format("HTTP/1.1 {} Said\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
                  code));
}

bool FakeExchange::send(std::string_view chunk) {
  return raw(fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk));
}

void FakeExchange::end_stream() {
  raw("0\r\n\r\n");
}

bool FakeExchange::raw(std::string_view bytes) {
  if (open_) open_ = line_.write(bytes);
  return open_;
}

void FakeExchange::close() {
  if (open_) line_.end();
  open_ = false;
}

void FakeExchange::cut() {
  reset_on_close(line_.socket());
  open_ = false;
}

void FakeExchange::wait_for_close() {
  std::string ignored;
  while (line_.read(ignored)) ignored.clear();
  open_ = false;
}

// ---- the server

FakeApiServer::FakeApiServer(FakeOptions options) : options_(std::move(options)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to closed sockets
  if (options_.tls) {
    const FakeTls& tls = *options_.tls;
    const auto now = std::chrono::system_clock::now();
    const auto then = tls.expired ? now - std::chrono::hours(24 * 60) : now;
    const auto ca = certs::Authority::make({.common_name = "fake-ca", .now = then});
    check(ca.has_value(), "no CA");
    const auto pair = ca->sign({.dns_names = tls.dns_names,
                                .ip_addresses = tls.addresses,
                                .lifetime = std::chrono::hours(24 * 30),
                                .now = then});
    check(pair.has_value(), "no certificate");
    ca_pem_ = ca->certificate_pem();
    tls_.reset(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    check(SSL_CTX_use_cert_and_key(tls_.get(), (*pair)->leaf(), (*pair)->key(), nullptr, 1) == 1, "key pair");
    if (!tls.client_ca_pem.empty()) {
      const certs::BioPtr bio = certs::read_bio(tls.client_ca_pem);
      const certs::X509Ptr trusted(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
      X509_STORE_add_cert(SSL_CTX_get_cert_store(tls_.get()), trusted.get());
      X509_VERIFY_PARAM_set_purpose(SSL_CTX_get0_param(tls_.get()), X509_PURPOSE_ANY);  // ours are servers'
      SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
  }
  start();
}

FakeApiServer::~FakeApiServer() {
  stop();
}

void FakeApiServer::start() {
  if (listener_ >= 0) return;
  stopping_ = false;
  listener_ = listen_on(port_);
  acceptor_ = std::thread([this] { accept_loop(); });
}

void FakeApiServer::stop() {
  if (listener_ < 0) return;
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  listener_ = -1;
  cut_all();
  std::list<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void FakeApiServer::cut_all() {
  const std::lock_guard lock(mutex_);
  for (const int socket : sockets_) {
    reset_on_close(socket);
    ::shutdown(socket, SHUT_RDWR);  // its thread closes it
  }
}

void FakeApiServer::accept_loop() {
  while (!stopping_) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket, number = ++accepted_] {
      serve(socket, number);
      const std::lock_guard again(mutex_);
      sockets_.remove(socket);
      ::close(socket);
    });
  }
}

void FakeApiServer::serve(int socket, int number) {
  FakeExchange::Line line(socket, tls_.get());
  if (!line.handshake()) return;
  bool open = true;
  while (open && !stopping_) {
    std::size_t end = line.unread.npos;
    while ((end = line.unread.find("\r\n\r\n")) == line.unread.npos) {
      if (!line.read(line.unread)) return;
    }
    FakeRequest request = read_head(std::string_view(line.unread).substr(0, end));
    request.connection = number;
    line.unread.erase(0, end + 4);
    const std::string length = request.header("content-length");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    while (line.unread.size() < size) {
      if (!line.read(line.unread)) return;
    }
    request.body = line.unread.substr(0, size);
    line.unread.erase(0, size);
    const FakeHandler handler = handler_of(request);
    FakeExchange exchange(line, std::move(request));
    handler(exchange);
    open = exchange.is_open();
  }
}

FakeHandler FakeApiServer::handler_of(const FakeRequest& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  if (auto& waiting = once_[{request.method, request.path}]; !waiting.empty()) {
    FakeHandler first = std::move(waiting.front());
    waiting.pop_front();
    return first;
  }
  for (const Key& key : {Key{request.method, request.path}, Key{request.method, "*"}}) {
    if (const auto it = handlers_.find(key); it != handlers_.end()) return it->second;
  }
  return [](FakeExchange& x) { x.status(404, "NotFound"); };
}

void FakeApiServer::on(const std::string& method, const std::string& path, FakeHandler handler) {
  const std::lock_guard lock(mutex_);
  handlers_[{method, path}] = std::move(handler);
}

void FakeApiServer::once(const std::string& method, const std::string& path, FakeHandler handler) {
  const std::lock_guard lock(mutex_);
  once_[{method, path}].push_back(std::move(handler));
}

ClientConfig FakeApiServer::config() const {
  return {.host = "127.0.0.1", .port = std::to_string(port_), .tls = tls_ != nullptr, .ca_pem = ca_pem_};
}

std::vector<FakeRequest> FakeApiServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int FakeApiServer::count(std::string_view method, std::string_view path) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::ranges::count_if(
      requests_, [&](const FakeRequest& r) { return r.method == method && r.path == path; }));
}

}  // namespace modelgate::kube
