// SPDX-License-Identifier: Apache-2.0

// Which replicas are ready: what the kubelet, the endpoint controller and the node's proxy find out between
// them. For the forwarder, on its one thread.
//
//   Endpoints endpoints(file);
//   watch endpoints.news() for EPOLLIN; call look() then, and each Endpoints::kAskEvery
//   port = endpoints.next(); if a connect to it fails: endpoints.refused(port)
//
// Each line of the file is a replica: its port on 127.0.0.1 and, behind a blank, the port of its /readyz (0:
// it is always ready). The file is read again with each look. One connection to each /readyz stays open and
// is asked over and over. A replica is taken out the moment that an answer is not 200, that this connection
// ends (as when its process dies), or that a connect to its own port is refused; it comes back with the next
// 200.

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
  // Little against what a replica goes on serving for after SIGTERM, and nothing to a loopback.
  static constexpr std::chrono::milliseconds kAskEvery{10};

  explicit Endpoints(std::string file);
  ~Endpoints();
  Endpoints(const Endpoints&) = delete;
  Endpoints& operator=(const Endpoints&) = delete;

  // A descriptor for epoll, readable when there is something to look at.
  int news() const { return poll_; }

  // Takes in the file and all that is known by now, and asks those whose time it is.
  void look();

  // The port of the one whose turn it is; 0 where none is ready. Goes by all that is known by now.
  std::uint16_t next();

  // Nobody listens there.
  void refused(std::uint16_t port);

 private:
  class Endpoint;

  void read_file();
  void hear();

  std::string file_, text_;
  int poll_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::size_t turn_ = 0;
};

}  // namespace modelgate::cluster
