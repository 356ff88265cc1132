// SPDX-License-Identifier: Apache-2.0
//
// One address for several replicas, for the cluster tests, in place of a Service with kube-proxy.
//
//   cluster-forwarder PORT REPLICAS        listens on 127.0.0.1:PORT until SIGTERM; REPLICAS is a file
//
// endpoints.h describes the file and finds the ready replicas. A connection goes to a ready replica, in turn,
// and stays with it; without a ready replica it is reset, as by kube-proxy. There are no retries: if the
// replica refuses the connection, the client's is reset. There is no buffering: data is read after the
// previous data was written. SIGUSR1 resets all connections.
//
// This models a Service whose proxy knows each change immediately, so that failures are the webhook's fault.
// In a real cluster the kubelet checks every few seconds, and a node's proxy gets the result later:
// minReadySeconds and --shutdown-delay are for that time, and after the sudden death of a Pod new connections
// to it fail until then, whatever the Pod does. As in a real cluster, open connections to a replica that is
// no longer ready continue, and those to a dead one end when the kernel of its node closes them.
//
// Prints to stdout, with the time, when replicas become ready or not ready and why; at the end, counts.

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

// One of a connection's two sockets, with data that was read from it and not yet written to the other.
struct End {
  Connection* connection = nullptr;
  End* other = nullptr;
  int socket = -1;
  std::vector<char> bytes;
  std::size_t written = 0;
  bool finished = false;   // it has sent its end
  bool passed_on = false;  // and that was forwarded

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
    // No End: the loop updates the endpoints in each round.
    for (const int socket : {listener_, endpoints_.descriptor()}) {
      epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event);
    }
  }

  Counts run() {
    std::array<epoll_event, 64> events{};
    while (!stopping) {
      const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()),
                                     static_cast<int>(Endpoints::kCheckEvery.count()));
      endpoints_.update();
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
      if (&it == &connection.client) return end(connection);  // it has closed before
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

  // Reads a chunk and writes as much as possible.
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

  // A connection that ends normally was closed on both sides before; any other is reset.
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
