// SPDX-License-Identifier: Apache-2.0
//
// Sends one write to the API server repeatedly, and records each failure with the API server's message. For
// the cluster tests, which stop, restart and cut things during the load.
//
//   cluster-load --port 6443 --ca ca.crt --certificate admin.crt --key admin.key
//                --path '/apis/...?dryRun=All' --body object.json --connections 8 --rate 500 --out results.jsonl
//
// Runs until SIGTERM. --rate: writes per second on all connections; 0: as many as possible. Lines of the
// output:
//
//   {"began": 1790000000.123456, "ended": 1790000000.125, "code": 500, "text": "..."}    rejected
//   {"began": 1790000000.123456, "ended": 1790000000.125, "away": "Connection refused"}  no API server
//   {"writes": 5000, "failed": 0, "away": 0, "seconds": 10.0, "p50_ms": 4.1, "p99_ms": 20.0, "max_ms": 31.0}
//
// began: before the first byte was sent (with "away": before the connection attempt); ended: after the last
// byte was read; both in seconds since the epoch. text: the truncated body of the answer. writes: all
// answered writes, including rejected ones.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace modelgate::cluster {
namespace {

using std::chrono::steady_clock;

// Longer than the API server's timeout for any webhook.
constexpr int kAnswerSeconds = 35;
constexpr std::chrono::milliseconds kPauseWhenAway{50};
constexpr std::size_t kTextBytes = 600;

std::atomic<bool> stopping = false;

struct Plan {
  std::uint16_t port = 0;
  std::string request;
  std::size_t connections = 1;
  double rate = 0;
};

double unix_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + '"';
}

// The output; shared by the threads.
class Results {
 public:
  explicit Results(const std::string& path) : file_(path, std::ios::app) {}

  void refused(double began, int code, std::string_view text) {
    const std::scoped_lock lock(mutex_);
    ++failed_;
    line(began) << R"("code": )" << code << R"(, "text": )" << json_quoted(text.substr(0, kTextBytes)) << "}"
                << std::endl;
  }
  void away(double began, std::string_view why) {
    const std::scoped_lock lock(mutex_);
    ++away_;
    line(began) << R"("away": )" << json_quoted(why) << "}" << std::endl;
  }
  void took(const std::vector<float>& latencies_ms) {
    const std::scoped_lock lock(mutex_);
    latencies_ms_.insert(latencies_ms_.end(), latencies_ms.begin(), latencies_ms.end());
  }
  void finish(double seconds) {
    std::ranges::sort(latencies_ms_);
    const auto at = [&](double part) {
      const std::size_t count = latencies_ms_.size();
      return count == 0 ? 0.0F
                        : latencies_ms_[static_cast<std::size_t>(part * static_cast<double>(count - 1))];
    };
    file_ << R"({"writes": )" << latencies_ms_.size() << R"(, "failed": )" << failed_ << R"(, "away": )"
          << away_ << R"(, "seconds": )" << seconds << R"(, "p50_ms": )" << at(0.5) << R"(, "p99_ms": )"
          << at(0.99) << R"(, "max_ms": )" << at(1) << "}" << std::endl;
  }

 private:
  std::ostream& line(double began) {
    file_.precision(6);
    return file_ << std::fixed << R"({"began": )" << began << R"(, "ended": )" << unix_time() << ", ";
  }

  std::mutex mutex_;
  std::ofstream file_;
  std::vector<float> latencies_ms_;
  std::size_t failed_ = 0, away_ = 0;
};

struct Answer {
  int code = 0;
  std::string body;
  bool closes = false;
};

// The API server is not running, or closed the connection before it answered.
class Away : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Connection {
 public:
  Connection(std::uint16_t port, SSL_CTX* context)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const timeval patience{.tv_sec = kAnswerSeconds, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      const std::string why = std::strerror(errno);
      ::close(socket_);
      throw Away(why);
    }
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, socket_);
    if (SSL_connect(tls_) != 1) {
      release();
      throw Away("no TLS");
    }
  }
  ~Connection() { release(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Answer send(const std::string& request) {
    if (SSL_write(tls_, request.data(), static_cast<int>(request.size())) <= 0) throw Away("not written");
    std::string text;
    std::array<char, 16384> bytes{};
    while (true) {
      const int count = SSL_read(tls_, bytes.data(), static_cast<int>(bytes.size()));
      if (count <= 0) throw Away("no answer");
      text.append(bytes.data(), static_cast<std::size_t>(count));
      const std::size_t end = text.find("\r\n\r\n");
      if (end == std::string::npos || !whole(text, end + 4)) continue;
      return {.code = std::atoi(text.c_str() + 9),
              .body = text.substr(end + 4),
              .closes = text.substr(0, end).find("Connection: close") != std::string::npos};
    }
  }

 private:
  static bool whole(const std::string& text, std::size_t body) {
    static constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = text.find(kLength);
    if (at < body) return text.size() >= body + std::strtoul(text.c_str() + at + kLength.size(), nullptr, 10);
    return text.ends_with("\r\n0\r\n\r\n");  // chunked
  }

  void release() {
    SSL_free(tls_);
    ::close(socket_);
  }

  int socket_ = -1;
  SSL* tls_ = nullptr;
};

// The writes of one connection, each at its time.
void write_on(const Plan& plan, SSL_CTX* context, std::size_t index, Results& results) {
  std::unique_ptr<Connection> connection;
  std::vector<float> latencies_ms;
  using Seconds = std::chrono::duration<double>;
  const Seconds between(plan.rate > 0 ? static_cast<double>(plan.connections) / plan.rate : 0);
  const auto step = std::chrono::duration_cast<steady_clock::duration>(between);
  steady_clock::time_point next =
      steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(
                                between * static_cast<double>(index) / static_cast<double>(plan.connections));
  while (!stopping) {
    std::this_thread::sleep_until(next);
    const auto woken = steady_clock::now();
    next = std::max(next + step, woken);  // late writes are not made up for
    double began_at = unix_time();
    try {
      if (!connection) connection = std::make_unique<Connection>(plan.port, context);
      began_at = unix_time();
      const auto began = steady_clock::now();
      const Answer answer = connection->send(plan.request);
      latencies_ms.push_back(std::chrono::duration<float, std::milli>(steady_clock::now() - began).count());
      if (answer.code < 200 || answer.code > 299) results.refused(began_at, answer.code, answer.body);
      if (answer.closes) connection.reset();
    } catch (const Away& gone) {
      connection.reset();
      if (stopping) break;
      results.away(began_at, gone.what());
      std::this_thread::sleep_for(kPauseWhenAway);
    }
  }
  results.took(latencies_ms);
}

int run(int argc, char** argv) {
  std::map<std::string, std::string> options{{"--connections", "8"}, {"--rate", "0"}};
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  std::ostringstream body;
  body << std::ifstream(options["--body"], std::ios::binary).rdbuf();
  Plan plan;
  plan.port = static_cast<std::uint16_t>(std::stoi(options["--port"]));
  plan.connections = std::stoul(options["--connections"]);
  plan.rate = std::stod(options["--rate"]);
  plan.request = "POST " + options["--path"] +
                 " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: cluster-load\r\nAccept: application/json\r\n"
                 "Content-Type: application/json\r\nContent-Length: " +
                 std::to_string(body.str().size()) + "\r\n\r\n" + body.str();
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  if (SSL_CTX_load_verify_file(context.get(), options["--ca"].c_str()) != 1 ||
      SSL_CTX_use_certificate_file(context.get(), options["--certificate"].c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), options["--key"].c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("a certificate or key cannot be read");
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  Results results(options["--out"]);
  const auto began = steady_clock::now();
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < plan.connections; ++i) {
    threads.emplace_back([&, i] { write_on(plan, context.get(), i, results); });
  }
  threads.clear();  // joins
  results.finish(std::chrono::duration<double>(steady_clock::now() - began).count());
  return 0;
}

}  // namespace
}  // namespace modelgate::cluster

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, [](int) { modelgate::cluster::stopping = true; });
  try {
    return modelgate::cluster::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cluster-load: %s\n", error.what());
    return 1;
  }
}
