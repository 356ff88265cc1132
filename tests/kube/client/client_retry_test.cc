// SPDX-License-Identifier: Apache-2.0
//
// The client's connections and retries.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/kube/client/client_outcome.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;

// ---- connections

TEST(Client, ReusesItsConnection) {
  FakeApiServer server;
  server.on("GET", "*", [](FakeExchange& x) { x.reply(200, kMap); });
  with_client(server, [](Client& client) -> Task<void> {
    for (int i = 0; i < 5; ++i) {
      auto result = co_await client.get(kConfigMaps, "ns", "a");
      EXPECT_EQ(outcome(result), "ok");
    }
    EXPECT_EQ(client.counts().connections_opened, 1U);
  });
  EXPECT_EQ(server.connections(), 1);
}

TEST(Client, OpensAsManyConnectionsAsItMay) {
  FakeApiServer server;
  std::atomic<int> at_once = 0, most = 0;
  server.on("GET", "*", [&](FakeExchange& x) {
    const int now = ++at_once;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    for (int i = 0; i < 1000 && most < 3; ++i) std::this_thread::sleep_for(5ms);
    --at_once;
    x.reply(200, kMap);
  });
  asio::io_context context;
  Client client(context, server.config(), {.connections = 3});
  int done = 0;
  for (int i = 0; i < 12; ++i) {
    spawn(context, "call", [&]() -> Task<void> {
      auto result = co_await client.get(kConfigMaps, "ns", "a");
      EXPECT_EQ(outcome(result), "ok");
      if (++done == 12) context.stop();
    });
  }
  context.run_for(20s);
  EXPECT_EQ(done, 12);
  EXPECT_EQ(most, 3);
  EXPECT_EQ(server.connections(), 3);
}

TEST(Client, UrgentCallsHaveTheirOwnConnections) {
  FakeApiServer server;
  std::atomic<bool> held = false;
  server.on("GET", kMapsPath, [&](FakeExchange& x) {
    held = true;
    x.wait_for_close();
  });
  server.on("GET", kMapPath, [](FakeExchange& x) { x.reply(200, kMap); });
  asio::io_context context;
  Client client(context, server.config(), {.connections = 1});
  spawn(context, "holder", [&]() -> Task<void> { co_await client.list(kConfigMaps, "ns", {}); });
  std::string patient, urgent;
  spawn(context, "others", [&]() -> Task<void> {
    while (!held) co_await sleep_for(1ms);
    CallOptions options = within(100ms);
    auto late = co_await client.get(kConfigMaps, "ns", "a", options);
    patient = outcome(late);
    options = within(5s);
    options.urgent = true;
    auto fast = co_await client.get(kConfigMaps, "ns", "a", options);
    urgent = outcome(fast);
    context.stop();
  });
  context.run_for(20s);
  EXPECT_EQ(patient, "Deadline");
  EXPECT_EQ(urgent, "ok");
}

TEST(Client, DetectsAClosedIdleConnection) {
  FakeApiServer server;
  server.on("GET", "*", [](FakeExchange& x) { x.reply(200, kMap); });
  server.on("POST", "*", [](FakeExchange& x) { x.reply(201, kMap); });
  with_client(server, [&](Client& client) -> Task<void> {
    auto before = co_await client.get(kConfigMaps, "ns", "a");
    EXPECT_EQ(outcome(before), "ok");
    server.stop();
    server.start();
    auto after = co_await client.create(kConfigMaps, "ns", "{}");
    EXPECT_EQ(outcome(after), "ok");
    EXPECT_EQ(client.counts().retries, 0U);
  });
}

TEST(Client, RefusedConnectionsAreRetriedAndThenReported) {
  FakeApiServer server;
  server.stop();
  with_client(server, [](Client& client) -> Task<void> {
    auto result = co_await client.create(kConfigMaps, "ns", "{}");
    EXPECT_EQ(outcome(result), "Connection");
    EXPECT_EQ(client.counts().retries, 3U);
  });
}

// ---- retries

struct RetryCase {
  const char* name;
  std::string method;
  FakeHandler first;
  std::string outcome;
  int requests;
};

Task<std::string> get_or_update(Client& client, const std::string& method) {
  if (method == "GET") {
    auto got = co_await client.get(kConfigMaps, "ns", "a");
    co_return outcome(got);
  }
  auto updated = co_await client.update(kConfigMaps, "ns", "a", "{}");
  co_return outcome(updated);
}

class Retries : public testing::TestWithParam<RetryCase> {};

TEST_P(Retries, OnlyIfSafe) {
  FakeApiServer server;
  server.once(GetParam().method, kMapPath, GetParam().first);
  server.on(GetParam().method, kMapPath, [](FakeExchange& x) { x.reply(200, kMap); });
  with_client(server, [](Client& client) -> Task<void> {
    const std::string result = co_await get_or_update(client, GetParam().method);
    EXPECT_EQ(result, GetParam().outcome);
  });
  EXPECT_EQ(server.count(GetParam().method, kMapPath), GetParam().requests);
}

void cut_before_answer(FakeExchange& x) {
  x.cut();
}
void cut_in_answer(FakeExchange& x) {
  x.raw("HTTP/1.1 200 OK\r\n");
  x.close();
}

INSTANTIATE_TEST_SUITE_P(
    Table, Retries,
    testing::Values(
        RetryCase{"ReadCutBeforeTheAnswer", "GET", cut_before_answer, "ok", 2},
        RetryCase{"ReadCutInTheAnswer", "GET", cut_in_answer, "Connection", 1},
        RetryCase{"WriteCutBeforeTheAnswer", "PUT", cut_before_answer, "Connection", 1},
        RetryCase{"Busy", "PUT", [](FakeExchange& x) { x.status(429, "TooManyRequests", "Retry-After: 1"); },
                  "ok", 2},
        RetryCase{"BusyAtOnce", "PUT",
                  [](FakeExchange& x) { x.status(429, "TooManyRequests", "Retry-After: 0"); }, "ok", 2},
        RetryCase{"BusyForLongerThanTheDeadline", "PUT",
                  [](FakeExchange& x) { x.status(429, "TooManyRequests", "Retry-After: 3600"); },
                  "429 TooManyRequests", 1},
        RetryCase{"BusyWithoutRetryAfter", "PUT", [](FakeExchange& x) { x.status(429, "TooManyRequests"); },
                  "429 TooManyRequests", 1},
        RetryCase{"Unavailable", "PUT",
                  [](FakeExchange& x) { x.status(503, "ServiceUnavailable", "Retry-After: 0"); }, "ok", 2},
        RetryCase{"ReadThatTimedOut", "GET",
                  [](FakeExchange& x) { x.status(504, "Timeout", "Retry-After: 0"); }, "ok", 2},
        RetryCase{"WriteThatTimedOut", "PUT",
                  [](FakeExchange& x) { x.status(504, "Timeout", "Retry-After: 0"); }, "504 Timeout", 1},
        RetryCase{"Conflict", "PUT", [](FakeExchange& x) { x.status(409, "Conflict"); }, "409 Conflict", 1}),
    [](const auto& info) { return info.param.name; });

TEST(Client, RetriesTenTimesAfterRetryAfter) {
  FakeApiServer server;
  server.on("GET", "*", [](FakeExchange& x) { x.status(429, "TooManyRequests", "Retry-After: 0"); });
  EXPECT_EQ(get_outcome(server), "429 TooManyRequests");
  EXPECT_EQ(server.requests().size(), 11U);
}

// ---- the rate limit

TEST(Client, LimitsTheRateOfCallsThatAreNotUrgent) {
  FakeApiServer server;
  server.on("GET", "*", [](FakeExchange& x) { x.reply(200, kMap); });
  const ClientOptions slow{.qps = 0.001, .burst = 2};
  with_client(
      server,
      [](Client& client) -> Task<void> {
        for (const char* expected : {"ok", "ok", "Deadline"}) {
          auto result = co_await client.get(kConfigMaps, "ns", "a", within(5s));
          EXPECT_EQ(outcome(result), expected);
        }
        CallOptions urgent = within(5s);
        urgent.urgent = true;
        auto result = co_await client.get(kConfigMaps, "ns", "a", urgent);
        EXPECT_EQ(outcome(result), "ok");
      },
      slow);
  EXPECT_EQ(server.requests().size(), 3U);
}

}  // namespace
}  // namespace modelgate::kube
