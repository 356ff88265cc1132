// SPDX-License-Identifier: Apache-2.0
//
// Watches: events from a stream's lines, the end of a stream, and destroying a client at any time.
#include "kube/client/client_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "kube/client/client.h"
#include "tests/kube/client/fake_api_server.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;
using Kind = ApiError::Kind;
using namespace std::string_literals;
using testing::ElementsAre;

constexpr const char* kMapsPath = "/api/v1/namespaces/ns/configmaps";

std::string event(std::string_view type, std::string_view version) {
  return R"({"type":")" + std::string(type) +
         R"(","object":{"kind":"ConfigMap","metadata":{"name":"a","resourceVersion":")" +
         std::string(version) + "\"}}}\n";
}

/// "+1" for ADDED at version 1, "~", "-", "." (a bookmark), "end", or the error's code or kind.
Task<std::string> next_of(Watch& watch) {
  auto next = co_await watch.next();
  if (!next && next.error().kind == Kind::kStatus) co_return std::to_string(next.error().code);
  if (!next) co_return "error " + std::to_string(static_cast<int>(next.error().kind));
  if (!*next) co_return "end";
  co_return std::string(1, "+~-."[static_cast<std::size_t>((*next)->type)]) +
      std::string((*next)->object.resource_version());
}

std::string error_name(Kind kind) {
  return "error " + std::to_string(static_cast<int>(kind));
}

/// Up to the end or an error.
std::vector<std::string> watch_all(FakeApiServer& server, FakeHandler answer) {
  server.on("GET", kMapsPath, std::move(answer));
  std::vector<std::string> out;
  run_with_client(server.config(), {}, [&](Client& client) -> Task<void> {
    auto watch = co_await client.watch(kConfigMaps, "ns", {}, "7");
    if (!watch) {
      out.push_back(watch.error().kind == Kind::kStatus ? std::to_string(watch.error().code)
                                                        : error_name(watch.error().kind));
      co_return;
    }
    while (out.empty() || "+~-."s.contains(out.back().front())) {
      std::string next = co_await next_of(**watch);
      out.push_back(std::move(next));
    }
  });
  return out;
}

struct StreamCase {
  const char* name;
  FakeHandler answer;
  std::vector<std::string> seen;
};

class Streams : public testing::TestWithParam<StreamCase> {};

TEST_P(Streams, AreRead) {
  FakeApiServer server;
  EXPECT_EQ(watch_all(server, GetParam().answer), GetParam().seen);
}

FakeHandler chunks(std::vector<std::string> texts, bool whole = true) {
  return [texts = std::move(texts), whole](FakeExchange& x) {
    x.begin_stream();
    for (const std::string& text : texts) x.send(text);
    if (whole) x.end_stream();
    if (!whole) x.close();
  };
}

const std::string kExpired =
    R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}})";

INSTANTIATE_TEST_SUITE_P(
    Table, Streams,
    testing::Values(
        StreamCase{"EveryType",
                   chunks({event("ADDED", "8"), event("MODIFIED", "9"), event("DELETED", "10"),
                           event("BOOKMARK", "11")}),
                   {"+8", "~9", "-10", ".11", "end"}},
        StreamCase{
            "SeveralInAChunk", chunks({event("ADDED", "8") + event("ADDED", "9")}), {"+8", "+9", "end"}},
        StreamCase{"OneInManyChunks",
                   chunks({event("ADDED", "8").substr(0, 5), event("ADDED", "8").substr(5, 40),
                           event("ADDED", "8").substr(45) + event("ADDED", "9").substr(0, 1),
                           event("ADDED", "9").substr(1)}),
                   {"+8", "+9", "end"}},
        StreamCase{"EmptyLines", chunks({"\n\r\n" + event("ADDED", "8") + "\n"}), {"+8", "end"}},
        StreamCase{"NoEvents", chunks({}), {"end"}},
        StreamCase{"GoneInTheStream", chunks({event("ADDED", "8"), kExpired + "\n"}), {"+8", "410"}},
        StreamCase{"GoneAsTheAnswer", [](FakeExchange& x) { x.status(410, "Expired"); }, {"410"}},
        StreamCase{"NoSuchKind",
                   [](FakeExchange& x) { x.reply(404, "404 page not found", "", "text/plain"); },
                   {"404"}},
        StreamCase{"UnknownType", chunks({event("NEWS", "8")}), {error_name(Kind::kMalformed)}},
        StreamCase{"NotJson", chunks({"{\n"}), {error_name(Kind::kMalformed)}},
        StreamCase{"NoObject", chunks({"{\"type\":\"ADDED\"}\n"}), {error_name(Kind::kMalformed)}},
        StreamCase{"EndsInALine",
                   chunks({event("ADDED", "8"), event("ADDED", "9").substr(0, 20)}),
                   {"+8", error_name(Kind::kMalformed)}},
        StreamCase{
            "CutBetweenLines", chunks({event("ADDED", "8")}, false), {"+8", error_name(Kind::kConnection)}},
        StreamCase{"CutInALine",
                   chunks({event("ADDED", "8"), "{\"type\""}, false),
                   {"+8", error_name(Kind::kConnection)}}),
    [](const auto& info) { return info.param.name; });

TEST(Watch, RequestsBookmarksAndAnEnd) {
  FakeApiServer server;
  watch_all(server, chunks({}));
  ASSERT_EQ(server.requests().size(), 1U);
  const FakeRequest request = server.requests().front();
  EXPECT_EQ(request.query("watch"), "1");
  EXPECT_EQ(request.query("allowWatchBookmarks"), "true");
  EXPECT_EQ(request.query("resourceVersion"), "7");
  const int seconds = std::stoi(request.query("timeoutSeconds"));
  EXPECT_GE(seconds, 300);
  EXPECT_LT(seconds, 600);
}

TEST(Watch, AnEventLargerThanTheLimitIsAnError) {
  FakeApiServer server;
  const auto seen = watch_all(server, [](FakeExchange& x) {
    x.begin_stream();
    const std::string part(1U << 20, ' ');
    for (std::size_t sent = 0; sent <= kMaxWatchLine && x.send(part); sent += part.size()) {
    }
    x.wait_for_close();
  });
  EXPECT_THAT(seen, ElementsAre(error_name(Kind::kMalformed)));
}

TEST(Watch, EndsItsConnectionWhenDestroyed) {
  FakeApiServer server;
  std::atomic<bool> closed = false;
  server.on("GET", kMapsPath, [&](FakeExchange& x) {
    x.begin_stream();
    x.wait_for_close();
    closed = true;
  });
  run_with_client(server.config(), {}, [&](Client& client) -> Task<void> {
    auto watch = co_await client.watch(kConfigMaps, "ns", {}, "7");
    EXPECT_TRUE(watch.has_value());
    watch->reset();
    for (int i = 0; i < 500 && !closed; ++i) co_await sleep_for(10ms);
  });
  EXPECT_TRUE(closed);
}

// ---- destroying the client during a call

enum class Stop : std::uint8_t { kClientGoes, kContextGoes };

struct StopCase {
  const char* name;
  Stop stop;
  bool in_watch;  // else in a call
};

class Stops : public testing::TestWithParam<StopCase> {};

TEST_P(Stops, DuringACallOrWatch) {
  FakeApiServer server;
  std::atomic<bool> reached = false;
  server.on("GET", kMapsPath, [&](FakeExchange& x) {
    x.begin_stream();
    reached = true;
    x.wait_for_close();
  });
  std::optional<Kind> ended;
  const auto work = [&](Client& client) -> Task<void> {
    if (!GetParam().in_watch) {
      auto list = co_await client.list(kConfigMaps, "ns", {});
      ended = list.error().kind;
      co_return;
    }
    auto watch = co_await client.watch(kConfigMaps, "ns", {}, "7");
    auto next = co_await (*watch)->next();
    ended = next.error().kind;
  };
  auto context = std::make_unique<asio::io_context>();
  auto client = std::make_unique<Client>(*context, server.config());
  spawn(*context, "work", [&] { return work(*client); });
  for (int i = 0; i < 500 && !reached; ++i) context->run_for(10ms);
  ASSERT_TRUE(reached);
  context->run_for(20ms);
  client.reset();
  if (GetParam().stop == Stop::kContextGoes) {
    context.reset();  // the coroutine is destroyed while it waits; the sanitizers check for leaks
    EXPECT_FALSE(ended);
    return;
  }
  context->restart();
  context->run_for(5s);
  EXPECT_EQ(ended, Kind::kCancelled);
}

INSTANTIATE_TEST_SUITE_P(Table, Stops,
                         testing::Values(StopCase{"ClientInACall", Stop::kClientGoes, false},
                                         StopCase{"ClientInAWatch", Stop::kClientGoes, true},
                                         StopCase{"ContextInACall", Stop::kContextGoes, false},
                                         StopCase{"ContextInAWatch", Stop::kContextGoes, true}),
                         [](const auto& info) { return info.param.name; });

TEST(Stops, CallsThatWaitForAConnectionEndToo) {
  FakeApiServer server;
  server.on("GET", kMapsPath, [](FakeExchange& x) { x.wait_for_close(); });
  asio::io_context context;
  auto client = std::make_unique<Client>(context, server.config(), ClientOptions{.connections = 1});
  int cancelled = 0;
  for (int i = 0; i < 3; ++i) {
    spawn(context, "call", [&]() -> Task<void> {
      auto list = co_await client->list(kConfigMaps, "ns", {});
      cancelled += list.error().kind == Kind::kCancelled ? 1 : 0;
    });
  }
  context.run_for(50ms);
  client.reset();
  context.restart();
  context.run_for(5s);
  EXPECT_EQ(cancelled, 3);
}

TEST(RunWithClient, PassesExceptionsOn) {
  FakeApiServer server;
  const auto fails = [](Client&) -> Task<void> {
    throw std::runtime_error("as asked");
    co_return;
  };
  EXPECT_THROW(run_with_client(server.config(), {}, fails), std::runtime_error);
}

}  // namespace
}  // namespace modelgate::kube
