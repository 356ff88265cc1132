// SPDX-License-Identifier: Apache-2.0
//
// What may go wrong between a client and the API server, at will: for tests of what the two programs make of
// it. No program of ours holds one; tests/reconciler/under_faults.cc does.
//
//   class Once : public FaultInjector { ... };
//   Once faults;
//   Client client(context, config, {.faults = &faults});    // outlives the client
//
// The client's transport asks it for every request that it would put on a connection, those that it sends
// again included. Where there is none, which is the rule, that is one comparison with null a request. Its
// functions are called on the client's thread. One that ends the process plays a kill there.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace modelgate::kube {

/// What becomes of a request. As it is made, nothing happens to it.
struct Fault {
  std::chrono::milliseconds delay{0};  // first
  bool lost = false;                   // then the connection fails
  int status = 0;                      // or this is the answer: 409, 429, 500, ...
  std::string reason = {};             // of its Status object: "Conflict"
  std::optional<std::chrono::seconds> retry_after = {};

  bool any() const { return lost || status != 0; }
};

class FaultInjector {
 public:
  struct Call {
    std::string_view method;
    std::string_view path;
    std::string_view query;
    bool watch = false;
  };

  virtual ~FaultInjector() = default;

  /// Before it is sent. With a fault it is not: the API server never hears of it.
  virtual Fault before(const Call& call) = 0;
  /// After `status` came; 0 where none did. With a fault that takes its place: the API server has done it.
  virtual Fault after(const Call& call, int status) = 0;
  /// For how long each read of a watch (16 KiB at most) is held back before it is told: its caller's picture
  /// is older than the cluster by this much, or more where much is told.
  virtual std::chrono::milliseconds watch_lag() { return {}; }
};

}  // namespace modelgate::kube
