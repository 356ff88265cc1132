// SPDX-License-Identifier: Apache-2.0
//
// A client with injected faults (kube/client/fault_injector.h).
#include "kube/client/fault_injector.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/kube/client/client_outcome.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;

struct Case {
  const char* name;
  const char* method;
  Fault before, after;  // of the first call; the others are not changed
  const char* outcome;
  int received;  // requests that the server received
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class FirstCall final : public FaultInjector {
 public:
  explicit FirstCall(const Case& c) : case_(c) {}
  Fault before(const Call&) override { return calls_++ == 0 ? case_.before : Fault(); }
  Fault after(const Call&, int status) override {
    last_status_ = status;
    return calls_ == 1 ? case_.after : Fault();
  }
  int last_status() const { return last_status_; }

 private:
  const Case& case_;
  int calls_ = 0;
  int last_status_ = 0;
};

class Faulted : public testing::TestWithParam<Case> {};

TEST_P(Faulted, Call) {
  const Case& c = GetParam();
  FakeApiServer server;
  for (const char* method : {"GET", "PUT"})
    server.on(method, kMapPath, [](FakeExchange& x) { x.reply(200, kMap); });
  FirstCall faults(c);
  std::string out;
  with_client(server,
              [&](Client& client) -> Task<void> {
                if (std::string_view(c.method) == "GET") {
                  auto result = co_await client.get(kConfigMaps, "ns", "a", within(5s));
                  out = outcome(result);
                } else {
                  auto result = co_await client.update(kConfigMaps, "ns", "a", std::string(kMap), within(5s));
                  out = outcome(result);
                }
              },
              {.faults = &faults});
  EXPECT_EQ(out, c.outcome);
  EXPECT_EQ(server.count(c.method, kMapPath), c.received);
  if (c.received > 0) EXPECT_EQ(faults.last_status(), 200);
}

INSTANTIATE_TEST_SUITE_P(
    FaultInjector, Faulted,
    testing::Values(
        Case{"None", "PUT", {}, {}, "ok", 1}, Case{"Delayed", "PUT", {.delay = 1ms}, {}, "ok", 1},
        Case{"LostBeforeItIsSent", "PUT", {.lost = true}, {}, "ok", 1},
        Case{"Refused", "PUT", {.status = 409, .reason = "Conflict"}, {}, "409 Conflict", 0},
        Case{"RefusedForNow",
             "PUT",
             {.status = 429, .reason = "TooManyRequests", .retry_after = 0s},
             {},
             "ok",
             1},
        Case{"AnswerOfAReadLost", "GET", {}, {.lost = true}, "ok", 2},
        Case{"AnswerOfAWriteLost", "PUT", {}, {.lost = true}, "Connection", 1},
        Case{
            "AnswerReplaced", "PUT", {}, {.status = 500, .reason = "InternalError"}, "500 InternalError", 1}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace modelgate::kube
