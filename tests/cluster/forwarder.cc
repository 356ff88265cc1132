// SPDX-License-Identifier: Apache-2.0

// One address in front of several replicas, for the cluster tests: what a Service is where there is no
// kube-proxy.
//
//   cluster-forwarder PORT REPLICAS        listens on 127.0.0.1:PORT until SIGTERM; REPLICAS is a file
//
// endpoints.h tells what the file holds and who of it is ready. A connection goes to one ready replica, in
// turns, and stays with it; where none is ready it is reset, as kube-proxy does. Nothing is tried twice:
// where the replica does not take the connection, the client's is reset. Nothing is kept: a byte is read when
// the one before it was written. SIGUSR1 resets all connections that are there.
//
// Models a Service whose proxy learns of each change at once, so that what fails behind it is the webhook's
// fault. In a real cluster the kubelet asks every few seconds, and a node's proxy learns of it a moment
// later: that time is what minReadySeconds and --shutdown-delay are for, and after the sudden death of a Pod
// new connections to it fail until then, whatever the Pod does. As in a real cluster, open connections to a
// replica that is not ready any more go on, and those to one that died end when the kernel of its node ends
// them.
//
// Says on stdout, with the time, what becomes ready and what does not and why; in the end, what it saw.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <memory>
#include <vector>

#include "tests/cluster/endpoints.h"
#include "tests/cluster/loopback.h"

namespace modelgate::cluster {
namespace {

constexpr std::size_t kChunk = 64 << 10;

std::atomic<bool> stopping = false;
std::atomic<bool> cutting = false;

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
  std::uint16_t port = 0;  // the replica's
  bool connected = false;
  std::list<std::unique_ptr<Connection>>::iterator place;
};

struct Counts {
  std::size_t connections = 0, none_ready = 0, not_connected = 0, broken = 0, cut = 0;
};

class Forwarder {
 public:
  Forwarder(int listener, Endpoints& endpoints) : endpoints_(endpoints), listener_(listener) {
    // No End: the loop looks at the endpoints in each round.
    for (const int socket : {listener_, endpoints_.news()}) {
      epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event);
    }
  }

  Counts run() {
    std::array<epoll_event, 64> events{};
    while (!stopping) {
      const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()),
                                     static_cast<int>(Endpoints::kAskEvery.count()));
      endpoints_.look();
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
    const std::uint16_t port = endpoints_.next();
    if (port == 0) {
      ++counts_.none_ready;
      return reset(socket);
    }
    const auto place = open_.insert(open_.end(), std::make_unique<Connection>());
    Connection& added = **place;
    added.place = place;
    added.port = port;
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
      return not_connected(added);
    }
    epoll_event event{.events = EPOLLOUT, .data = {.ptr = &added.replica}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, added.replica.socket, &event);
    event = {.events = 0, .data = {.ptr = &added.client}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, added.client.socket, &event);
  }

  void serve(End& it, std::uint32_t events) {
    Connection& connection = *it.connection;
    if (!connection.connected) {
      if (error_of(connection.replica.socket) != 0) return not_connected(connection);
      if (&it == &connection.client) return end(connection);  // it left before
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

  void not_connected(Connection& connection) {
    ++counts_.not_connected;
    endpoints_.refused(connection.port);
    end(connection);
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

  Endpoints& endpoints_;
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
  Endpoints endpoints(argv[2]);
  const Counts counts = Forwarder(listener, endpoints).run();
  std::printf("connections %zu, none ready %zu, not connected %zu, broken %zu, cut %zu\n", counts.connections,
              counts.none_ready, counts.not_connected, counts.broken, counts.cut);
  return 0;
}
