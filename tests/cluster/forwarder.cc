// SPDX-License-Identifier: Apache-2.0

// One address in front of several replicas, for the cluster tests: what a Service is where there is no
// kube-proxy.
//
//   cluster-forwarder PORT REPLICAS        listens on 127.0.0.1:PORT until SIGTERM; REPLICAS is a file
//
// Each line of the file is a replica: its port on 127.0.0.1 and, behind a blank, the port of its /readyz (0:
// it is always ready). The file is read again as it changes. A connection goes to one ready replica, in
// turns, and stays with it; where none is ready it is reset, as kube-proxy does. Nothing is tried twice and
// nothing is kept: a byte is read when the one before it was written. SIGUSR1 resets all connections that are
// there.
//
// Says on stdout what becomes ready and what does not, and in the end what it saw.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <list>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace modelgate::cluster {
namespace {

// A kubelet asks every few seconds; the tests have no minutes for each restart.
constexpr std::chrono::milliseconds kAskEvery{100};
// As deploy/ has it.
constexpr int kAskSeconds = 2;
constexpr std::size_t kChunk = 64 << 10;

std::atomic<bool> stopping = false;
std::atomic<bool> cutting = false;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// ---- who is ready

struct Replica {
  std::uint16_t port;
  std::uint16_t health;
  bool ready;
};

bool answers_ready(std::uint16_t health) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = kAskSeconds, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const sockaddr_in address = loopback(health);
  static constexpr std::string_view kAsk =
      "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  std::array<char, 64> reply{};
  const bool answered =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      ::send(socket, kAsk.data(), kAsk.size(), MSG_NOSIGNAL) > 0 &&
      ::recv(socket, reply.data(), reply.size() - 1, MSG_WAITALL) > 0;
  ::close(socket);
  return answered && std::string_view(reply.data()).starts_with("HTTP/1.1 200");
}

class Replicas {
 public:
  explicit Replicas(std::string file) : file_(std::move(file)) {}

  // On a thread of its own, until the end.
  void watch() {
    while (!stopping) {
      std::vector<Replica> now = read();
      for (Replica& replica : now) {
        replica.ready = replica.health == 0 || answers_ready(replica.health);
        tell(replica);
      }
      {
        const std::scoped_lock lock(mutex_);
        replicas_ = std::move(now);
      }
      std::this_thread::sleep_for(kAskEvery);
    }
  }

  // The port of the one whose turn it is; 0 where none is ready.
  std::uint16_t next() {
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      const Replica& replica = replicas_[turn_++ % replicas_.size()];
      if (replica.ready) return replica.port;
    }
    return 0;
  }

 private:
  std::vector<Replica> read() const {
    std::vector<Replica> found;
    std::ifstream file(file_);
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      Replica replica{};
      if (words >> replica.port >> replica.health) found.push_back(replica);
    }
    return found;
  }

  void tell(const Replica& replica) const {
    for (const Replica& before : replicas_) {
      if (before.port == replica.port && before.ready == replica.ready) return;
    }
    std::printf("%u %s\n", replica.port, replica.ready ? "ready" : "not ready");
    std::fflush(stdout);
  }

  std::string file_;
  std::mutex mutex_;
  std::vector<Replica> replicas_;
  std::size_t turn_ = 0;
};

// ---- connections

struct Connection;

// One of a connection's two sockets, and what was read from it and not yet written to the other.
struct End {
  Connection* connection = nullptr;
  End* other = nullptr;
  int socket = -1;
  std::vector<char> bytes;
  std::size_t written = 0;
  bool finished = false;   // it will send no more
  bool passed_on = false;  // and the other was told so

  bool pending() const { return written < bytes.size(); }
};

struct Connection {
  End client, replica;
  bool connected = false;
  std::list<std::unique_ptr<Connection>>::iterator place;
};

struct Counts {
  std::size_t connections = 0, none_ready = 0, not_connected = 0, broken = 0, cut = 0;
};

class Forwarder {
 public:
  Forwarder(int listener, Replicas& replicas) : replicas_(replicas), listener_(listener) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, listener_, &event);
  }

  Counts run() {
    std::array<epoll_event, 64> events{};
    while (!stopping) {
      const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 50);
      if (cutting.exchange(false)) cut();
      for (int i = 0; i < count; ++i) {
        auto* end = static_cast<End*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (end == nullptr) {
          accept();
        } else if (end->socket >= 0) {
          serve(*end, events[static_cast<std::size_t>(i)].events);
        }
      }
      ended_.clear();
    }
    return counts_;
  }

 private:
  void accept() {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return;
    ++counts_.connections;
    const std::uint16_t port = replicas_.next();
    if (port == 0) {
      ++counts_.none_ready;
      return reset(socket);
    }
    const auto place = open_.insert(open_.end(), std::make_unique<Connection>());
    Connection& added = **place;
    added.place = place;
    added.client.connection = added.replica.connection = &added;
    added.client.other = &added.replica;
    added.replica.other = &added.client;
    added.client.socket = socket;
    added.replica.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    for (const End* end : {&added.client, &added.replica}) {
      ::setsockopt(end->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    const sockaddr_in address = loopback(port);
    const int connected =
        ::connect(added.replica.socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    if (connected != 0 && errno != EINPROGRESS) {
      ++counts_.not_connected;
      return end(added);
    }
    epoll_event event{.events = EPOLLOUT, .data = {.ptr = &added.replica}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, added.replica.socket, &event);
    event = {.events = 0, .data = {.ptr = &added.client}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, added.client.socket, &event);
  }

  void serve(End& it, std::uint32_t events) {
    Connection& connection = *it.connection;
    if (!connection.connected) {
      int error = 0;
      socklen_t size = sizeof(error);
      ::getsockopt(connection.replica.socket, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0 || &it == &connection.client) {  // refused, or the client left before
        counts_.not_connected += error != 0 ? 1 : 0;
        return end(connection);
      }
      connection.connected = true;
    }
    bool well = true;
    if ((events & EPOLLOUT) != 0) well = write(*it.other, it);
    if (well && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !it.other->pending()) well = read(it);
    if (!well) {
      ++counts_.broken;
      return end(connection);
    }
    if (connection.client.passed_on && connection.replica.passed_on) return end(connection);
    listen_for(connection.client);
    listen_for(connection.replica);
  }

  // Reads a chunk and writes at once what goes.
  bool read(End& from) {
    if (from.finished || from.pending()) return true;
    from.bytes.resize(kChunk);
    const ssize_t count = ::recv(from.socket, from.bytes.data(), kChunk, 0);
    from.bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    from.written = 0;
    if (count < 0) return errno == EAGAIN;
    from.finished = count == 0;
    return write(from, *from.other);
  }

  static bool write(End& from, End& to) {
    while (from.pending()) {
      const ssize_t count =
          ::send(to.socket, from.bytes.data() + from.written, from.bytes.size() - from.written, MSG_NOSIGNAL);
      if (count < 0) return errno == EAGAIN;
      from.written += static_cast<std::size_t>(count);
    }
    if (from.finished && !from.passed_on) {
      from.passed_on = true;
      ::shutdown(to.socket, SHUT_WR);
    }
    return true;
  }

  void listen_for(End& it) const {
    const std::uint32_t in = it.finished || it.pending() ? 0U : EPOLLIN;
    const std::uint32_t out = it.other->pending() ? static_cast<std::uint32_t>(EPOLLOUT) : 0U;
    epoll_event event{.events = in | out, .data = {.ptr = &it}};
    ::epoll_ctl(poll_, EPOLL_CTL_MOD, it.socket, &event);
  }

  // A connection that ends well was told so to both sides already; any other is reset.
  void end(Connection& connection) {
    const bool well = connection.client.passed_on && connection.replica.passed_on;
    for (End* side : {&connection.client, &connection.replica}) {
      well ? static_cast<void>(::close(side->socket)) : reset(side->socket);
      side->socket = -1;
    }
    ended_.splice(ended_.end(), open_, connection.place);  // events of this round may still point to it
  }

  void cut() {
    while (!open_.empty()) {
      ++counts_.cut;
      end(*open_.front());
    }
  }

  static void reset(int socket) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ::close(socket);
  }

  Replicas& replicas_;
  int listener_;
  int poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::list<std::unique_ptr<Connection>> open_, ended_;
  Counts counts_;
};

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const sockaddr_in address = loopback(port);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener, SOMAXCONN) != 0) {
    return -1;
  }
  return listener;
}

}  // namespace
}  // namespace modelgate::cluster

int main(int argc, char** argv) {
  using namespace modelgate::cluster;
  if (argc != 3) {
    std::fprintf(stderr, "usage: cluster-forwarder PORT REPLICAS\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, [](int) { stopping = true; });
  std::signal(SIGUSR1, [](int) { cutting = true; });
  const int listener = listen_on(static_cast<std::uint16_t>(std::atoi(argv[1])));
  if (listener < 0) {
    std::perror(argv[1]);
    return 1;
  }
  Replicas replicas(argv[2]);
  std::jthread watching([&] { replicas.watch(); });
  const Counts counts = Forwarder(listener, replicas).run();
  std::printf("connections %zu, none ready %zu, not connected %zu, broken %zu, cut %zu\n", counts.connections,
              counts.none_ready, counts.not_connected, counts.broken, counts.cut);
  return 0;
}
