// SPDX-License-Identifier: Apache-2.0
//
// Injects faults between a client and the API server, for tests. Our programs have none;
// tests/reconciler/under_faults.cc does.
//
//   class Once : public FaultInjector { ... };
//   Once faults;
//   Client client(context, config, {.faults = &faults});    // outlives the client
//
// The client's transport calls it for each request that it sends, retries included, on the client's thread.
// Without one that costs a comparison with null. A function that ends the process simulates a kill there.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace modelgate::kube {

/// What happens to a request. By default: nothing.
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

  /// Before the request is sent. With a fault it is not sent.
  virtual Fault before(const Call& call) = 0;
  /// After the answer with `status`; 0 if there was none. A fault replaces the answer: the API server has
  /// processed the request.
  virtual Fault after(const Call& call, int status) = 0;
  /// How long to delay each read of a watch (at most 16 KiB): the caller's cache is this much older than the
  /// cluster, or more if there are many events.
  virtual std::chrono::milliseconds watch_lag() { return {}; }
};

}  // namespace modelgate::kube
