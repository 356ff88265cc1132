// SPDX-License-Identifier: Apache-2.0
#include "tests/cluster/endpoints.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "tests/cluster/loopback.h"

namespace modelgate::cluster {
namespace {

using std::chrono::steady_clock;

// For a replica that was ready before: it is stopping, and the soak has dozens of these.
constexpr std::chrono::milliseconds kCheckStoppingEvery{100};
// As in deploy/.
constexpr std::chrono::seconds kAnswerWithin{2};

constexpr std::string_view kRequest = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";

// The size of the answer, head and body; 0 if it is not complete.
std::size_t whole(std::string_view text) {
  static constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t end = text.find("\r\n\r\n");
  const std::size_t at = text.find(kLength);
  if (end == std::string_view::npos || at > end) return 0;
  const std::size_t size =
      end + 4 + std::strtoul(std::string(text.substr(at + kLength.size(), 20)).c_str(), nullptr, 10);
  return text.size() < size ? 0 : size;
}

}  // namespace

class Endpoints::Endpoint {
 public:
  Endpoint(int poll, std::uint16_t port, std::uint16_t health)
      : poll_(poll), port_(port), health_(health), due_(steady_clock::now()) {
    if (health_ == 0) set_ready(true, "without a check");
  }
  ~Endpoint() { close(); }
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  bool is(std::uint16_t port, std::uint16_t health) const { return port == port_ && health == health_; }
  std::uint16_t port() const { return port_; }
  bool ready() const { return ready_; }

  void check_when_due(steady_clock::time_point now) {
    if (health_ == 0 || now < due_) return;
    if (waiting_) return lost("no answer in time");
    due_ = now + kAnswerWithin;
    waiting_ = true;
    answer_.clear();
    if (socket_ < 0) return connect();
    send();
  }

  void handle(std::uint32_t events) {
    if (socket_ < 0) return;
    if (!connected_) {
      if (const int error = error_of(socket_); error != 0) return lost("refused");
      connected_ = true;
      watch(EPOLLIN, EPOLL_CTL_MOD);
      send();
    } else if (events != 0) {
      receive();
    }
  }

  void refused() {
    if (health_ != 0) set_ready(false, "a connection to it was refused");
  }

 private:
  void connect() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const sockaddr_in address = loopback(health_);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
        errno != EINPROGRESS) {
      return lost("refused");
    }
    watch(EPOLLOUT, EPOLL_CTL_ADD);
  }

  void watch(std::uint32_t events, int how) {
    epoll_event event{.events = events, .data = {.ptr = this}};
    ::epoll_ctl(poll_, how, socket_, &event);
  }

  void send() {
    if (::send(socket_, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(kRequest.size())) {
      lost("its connection failed");
    }
  }

  void receive() {
    std::array<char, 4096> bytes;
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return lost("its connection failed");
    if (count == 0) return lost("its connection was closed");
    answer_.append(bytes.data(), static_cast<std::size_t>(count));
    if (!waiting_ || whole(answer_) == 0) return;
    const bool good = answer_.starts_with("HTTP/1.1 200");
    set_ready(good, good ? "200" : answer_.substr(0, answer_.find('\r')));
    if (answer_.contains("Connection: close")) close();
    later();
  }

  void lost(std::string_view why) {
    close();
    set_ready(false, why);
    later();
  }

  void later() {
    waiting_ = false;
    due_ = steady_clock::now() + (was_ready_ && !ready_ ? kCheckStoppingEvery : kCheckEvery);
  }

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    connected_ = false;
  }

  void set_ready(bool ready, std::string_view why) {
    if (ready_ == ready) return;
    ready_ = ready;
    was_ready_ = true;
    std::printf("%.6f %u %s: %.*s\n", unix_time(), port_, ready ? "ready" : "not ready",
                static_cast<int>(why.size()), why.data());
    std::fflush(stdout);
  }

  static double unix_time() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }

  int poll_, socket_ = -1;
  std::uint16_t port_, health_;
  bool ready_ = false, was_ready_ = false;
  bool connected_ = false;
  bool waiting_ = false;          // for an answer
  steady_clock::time_point due_;  // the next check, or the deadline of the answer
  std::string answer_;
};

Endpoints::Endpoints(std::string file) : file_(std::move(file)), poll_(::epoll_create1(EPOLL_CLOEXEC)) {}

Endpoints::~Endpoints() {
  endpoints_.clear();
  ::close(poll_);
}

void Endpoints::update() {
  handle();
  read_file();
  const auto now = steady_clock::now();
  for (const auto& endpoint : endpoints_) endpoint->check_when_due(now);
}

std::uint16_t Endpoints::next() {
  handle();
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    const Endpoint& endpoint = *endpoints_[turn_++ % endpoints_.size()];
    if (endpoint.ready()) return endpoint.port();
  }
  return 0;
}

void Endpoints::refused(std::uint16_t port) {
  for (const auto& endpoint : endpoints_) {
    if (endpoint->port() == port) endpoint->refused();
  }
}

// Endpoints are added and removed only here, so events in handle() are of existing ones.
void Endpoints::read_file() {
  std::ostringstream text;
  text << std::ifstream(file_).rdbuf();
  if (text.str() == text_) return;
  text_ = text.str();
  std::vector<std::unique_ptr<Endpoint>> now;
  std::istringstream lines(text_);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::uint16_t port = 0, health = 0;
    if (!(words >> port >> health)) continue;
    const auto known =
        std::ranges::find_if(endpoints_, [&](const auto& one) { return one && one->is(port, health); });
    now.push_back(known != endpoints_.end() ? std::move(*known)
                                            : std::make_unique<Endpoint>(poll_, port, health));
  }
  endpoints_ = std::move(now);
}

void Endpoints::handle() {
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Endpoint*>(event.data.ptr)->handle(event.events);
  }
}

}  // namespace modelgate::cluster
