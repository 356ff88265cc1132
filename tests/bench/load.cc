// SPDX-License-Identifier: Apache-2.0
//
// Sends one request repeatedly over a few open TLS connections, and prints the result as JSON:
//
//   bench-load --port 9443 --ca ca.crt --path /mutate-pods --body review.json --connections 16 --seconds 1
//   {"requests": 25000, "seconds": 1.0, "p50_us": 520.1, "p99_us": 900.2, "reply_bytes": 312, "errors": 0}
//
// Without --body it is a GET; --token names a file with a bearer token, for an API server.
//
// One thread with epoll(7) and one request at a time per connection, so that it uses little of the CPUs that
// it shares with the server. The latency is from writing the first byte of the request to reading the last
// byte of the reply. With --requests N it stops after N requests, for counting instructions.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace modelgate::bench {
namespace {

using std::chrono::steady_clock;

struct Plan {
  std::uint16_t port = 0;
  std::string ca;
  std::string request;  // head and body
  std::size_t connections = 1;
  double seconds = 1;
  std::size_t requests = 0;  // 0: for --seconds
};

struct Result {
  std::vector<float> latencies_us;
  std::size_t errors = 0;
  std::size_t reply_bytes = 0;
};

class Connection {
 public:
  Connection(const Plan& plan, SSL_CTX* context) : request_(plan.request) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(plan.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("cannot connect");
    }
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, socket_);
    SSL_set_read_ahead(tls_, 1);
    if (SSL_connect(tls_) != 1) throw std::runtime_error("no TLS");
    ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) | O_NONBLOCK);
  }

  ~Connection() {
    SSL_free(tls_);
    ::close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }

  // A request of some kilobytes fits into the socket's buffer, so one write does.
  void begin() {
    began_ = steady_clock::now();
    received_ = 0;
    const int written = SSL_write(tls_, request_.data(), static_cast<int>(request_.size()));
    if (written != static_cast<int>(request_.size()))
      throw std::runtime_error("the request was not written in one call");
  }

  // True if the reply is complete.
  bool read() {
    while (true) {
      if (received_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
      const int count =
          SSL_read(tls_, buffer_.data() + received_, static_cast<int>(buffer_.size() - received_));
      if (count <= 0) {
        if (SSL_get_error(tls_, count) == SSL_ERROR_WANT_READ) return false;
        throw std::runtime_error("connection ended");
      }
      received_ += static_cast<std::size_t>(count);
      if (whole()) return true;
    }
  }

  float latency_us() const {
    return std::chrono::duration<float, std::micro>(steady_clock::now() - began_).count();
  }
  bool ok() const { return std::string_view(buffer_.data(), 12) == "HTTP/1.1 200"; }
  std::size_t body_size() const { return body_size_; }

 private:
  bool whole() {
    const std::string_view text(buffer_.data(), received_);
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    static constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = text.find(kLength);
    if (at > end) throw std::runtime_error("reply without Content-Length");
    body_size_ = std::strtoul(buffer_.data() + at + kLength.size(), nullptr, 10);
    return received_ >= end + 4 + body_size_;
  }

  const std::string& request_;
  int socket_ = -1;
  SSL* tls_ = nullptr;
  steady_clock::time_point began_;
  std::vector<char> buffer_ = std::vector<char>(16384);
  std::size_t received_ = 0;
  std::size_t body_size_ = 0;
};

Result run(const Plan& plan) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  if (SSL_CTX_load_verify_file(context.get(), plan.ca.c_str()) != 1)
    throw std::runtime_error("cannot read the CA");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<Connection>> connections;
  for (std::size_t i = 0; i < plan.connections; ++i) {
    Connection& added = *connections.emplace_back(std::make_unique<Connection>(plan, context.get()));
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &added}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, added.socket(), &event);
  }
  Result result;
  result.latencies_us.reserve(1 << 20);
  const auto over = steady_clock::now() + std::chrono::duration<double>(plan.seconds);
  for (const auto& connection : connections) connection->begin();
  std::array<epoll_event, 64> events{};
  bool going_on = true;
  while (going_on) {
    const int count = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), 5000);
    if (count <= 0) throw std::runtime_error("no reply for five seconds");
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!connection.read()) continue;
      result.latencies_us.push_back(connection.latency_us());
      result.errors += connection.ok() ? 0 : 1;
      result.reply_bytes = connection.body_size();
      connection.begin();
    }
    going_on = plan.requests > 0 ? result.latencies_us.size() < plan.requests : steady_clock::now() < over;
  }
  ::close(poll);
  return result;
}

std::string contents(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

/// The request of an API server to a webhook; without a body, of a client to an API server.
std::string make_request(std::map<std::string, std::string>& options) {
  std::string token;
  if (options.contains("--token")) {
    token = "Authorization: Bearer " + contents(options["--token"]) + "\r\n";
  }
  if (!options.contains("--body")) {
    return "GET " + options["--path"] + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + token +
           "Accept: application/json\r\n\r\n";
  }
  const std::string body = contents(options["--body"]);
  return "POST " + options["--path"] +
         "?timeout=5s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: kube-apiserver-admission\r\n" + token +
         "Content-Length: " + std::to_string(body.size()) +
         "\r\nAccept: application/json, */*\r\nContent-Type: application/json\r\nAccept-Encoding: "
         "gzip\r\n\r\n" +
         body;
}

Plan read_plan(int argc, char** argv) {
  std::map<std::string, std::string> options{{"--connections", "1"}, {"--seconds", "1"}, {"--requests", "0"}};
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  Plan plan;
  plan.port = static_cast<std::uint16_t>(std::stoi(options["--port"]));
  plan.ca = options["--ca"];
  plan.connections = std::stoul(options["--connections"]);
  plan.seconds = std::stod(options["--seconds"]);
  plan.requests = std::stoul(options["--requests"]);
  plan.request = make_request(options);
  return plan;
}

void print(Result result, double seconds) {
  std::ranges::sort(result.latencies_us);
  const std::size_t count = result.latencies_us.size();
  const auto percentile = [&](double part) {
    return count == 0 ? 0.0F
                      : result.latencies_us[static_cast<std::size_t>(part * static_cast<double>(count - 1))];
  };
  std::printf(
      R"({"requests": %zu, "seconds": %.4f, "p50_us": %.1f, "p99_us": %.1f, "reply_bytes": %zu, "errors": %zu})"
      "\n",
      count, seconds, static_cast<double>(percentile(0.5)), static_cast<double>(percentile(0.99)),
      result.reply_bytes, result.errors);
}

}  // namespace
}  // namespace modelgate::bench

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  try {
    const auto plan = modelgate::bench::read_plan(argc, argv);
    const auto began = std::chrono::steady_clock::now();
    auto result = modelgate::bench::run(plan);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    modelgate::bench::print(std::move(result), seconds);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-load: %s\n", error.what());
    return 1;
  }
}
