// SPDX-License-Identifier: Apache-2.0
//
// Which replicas are ready, in place of the kubelet, the endpoint controller and the node's proxy. For the
// forwarder, on its thread.
//
//   Endpoints endpoints(file);
//   call update() when endpoints.descriptor() has EPOLLIN, and each Endpoints::kCheckEvery
//   port = endpoints.next(); if a connect to it fails: endpoints.refused(port)
//
// Each line of the file is a replica: its port on 127.0.0.1, a blank, and the port of its /readyz (0: it is
// always ready). update() reads the file again. One connection per replica stays open for repeated requests
// of /readyz. A replica is not ready when an answer is not 200, when this connection is closed (as when its
// process dies), or when a connection to its own port is refused; it is ready again after the next 200.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace modelgate::cluster {

class Endpoints {
 public:
  /// Much less than a replica serves after SIGTERM, and no load for a loopback.
  static constexpr std::chrono::milliseconds kCheckEvery{10};

  explicit Endpoints(std::string file);
  ~Endpoints();
  Endpoints(const Endpoints&) = delete;
  Endpoints& operator=(const Endpoints&) = delete;

  /// A descriptor for epoll. If it is readable, call update().
  int descriptor() const { return poll_; }

  /// Reads the file, handles pending events, and sends the checks that are due.
  void update();

  /// Handles pending events. The port of the next ready replica in turn; 0 if none is ready.
  std::uint16_t next();

  /// A connection to that port was refused.
  void refused(std::uint16_t port);

 private:
  class Endpoint;

  void read_file();
  void handle();

  std::string file_, text_;
  int poll_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::size_t turn_ = 0;
};

}  // namespace modelgate::cluster
