// SPDX-License-Identifier: Apache-2.0
//
// A reflector against an API server that ends, cuts and rejects watches and no longer has their version: the
// calls of its store, and the version that it continues from.
#include "kube/reflector.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kube/watched_kind.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// The calls, one text each: "= a@9 b@10", "+ a@12", "- b@13".
class CallLog final : public Store {
 public:
  void replace(std::vector<Object> objects) override {
    std::string line = "=";
    for (const Object& o : objects) line += " " + name_of(o);
    lines.push_back(std::move(line));
  }
  void upsert(Object object) override { lines.push_back("+ " + name_of(object)); }
  void remove(Object object) override { lines.push_back("- " + name_of(object)); }

  std::vector<std::string> lines;

 private:
  static std::string name_of(const Object& o) { return fmt::format("{}@{}", o.name(), o.resource_version()); }
};

class ReflectorTest : public testing::Test {
 protected:
  ReflectorTest() { maps_.list("10", {object("a", "9")}); }

  void start() {
    spawn(context_, "test", [this] { return reflector_.run(); });
  }
  bool called(std::size_t lines) {
    return run_until(context_, [&] { return calls_.lines.size() >= lines; });
  }
  bool watching(std::size_t watches) {
    return run_until(context_,
                     [&] { return maps_.watched_from().size() >= watches && reflector_.connected(); });
  }
  void run_for(std::chrono::milliseconds time) {
    context_.restart();
    context_.run_for(time);
  }

  FakeApiServer server_;
  WatchedKind maps_{server_, kConfigMaps, "ns"};
  asio::io_context context_{1};
  Client client_{context_, server_.config()};
  CallLog calls_;
  Reflector reflector_{client_,
                       kConfigMaps,
                       {.ns = "ns",
                        .list = {.field_selector = "metadata.name=a"},
                        .first_backoff = 10ms,
                        .longest_backoff = 40ms},
                       calls_};
};

TEST_F(ReflectorTest, ListsOnceAndWatchesFromThere) {
  maps_.next_list(
      [](FakeExchange& x) { x.reply(200, R"({"metadata":{"resourceVersion":"10"},"items":[]})"); });
  maps_.stream([](FakeExchange& x) {
    x.send(event("ADDED", object("b", "11")));
    x.send(event("MODIFIED", object("b", "12")));
    x.send(event("DELETED", object("b", "13")));
    x.wait_for_close();
  });
  start();
  EXPECT_FALSE(reflector_.synced());
  ASSERT_TRUE(called(4));
  EXPECT_THAT(calls_.lines, ElementsAre("=", "+ b@11", "+ b@12", "- b@13"));
  EXPECT_TRUE(reflector_.synced());
  EXPECT_TRUE(reflector_.connected());
  EXPECT_EQ(reflector_.resource_version(), "13");
  EXPECT_EQ(maps_.lists(), 1U);
  EXPECT_THAT(maps_.watched_from(), ElementsAre("10"));
  for (const bool watch : {false, true}) {
    ASSERT_EQ(maps_.requests(watch).size(), 1U);
    EXPECT_EQ(maps_.requests(watch).front().query("fieldSelector"), "metadata.name=a");
  }
}

/// How a first watch ends after an event with version 11; the second one continues after it.
struct EndCase {
  const char* name;
  void (*end)(FakeExchange& x);
  bool failure;
};

class Ends : public ReflectorTest, public testing::WithParamInterface<EndCase> {};

TEST_P(Ends, ContinuesAfterTheLastVersion) {
  maps_.next_list(
      [](FakeExchange& x) { x.reply(200, R"({"metadata":{"resourceVersion":"10"},"items":[]})"); });
  maps_.stream([](FakeExchange& x) {
    x.send(event("ADDED", object("b", "11")));
    GetParam().end(x);
  });
  maps_.stream([](FakeExchange& x) {
    x.send(event("MODIFIED", object("b", "12")));
    x.wait_for_close();
  });
  start();
  ASSERT_TRUE(called(3));
  EXPECT_THAT(calls_.lines, ElementsAre("=", "+ b@11", "+ b@12"));
  EXPECT_THAT(maps_.watched_from(), ElementsAre("10", "11"));
  EXPECT_EQ(maps_.lists(), 1U);
  EXPECT_EQ(reflector_.counts().failures, GetParam().failure ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Ends,
    testing::Values(EndCase{"WithoutError", [](FakeExchange& x) { x.end_stream(); }, false},
                    EndCase{"Reset", [](FakeExchange& x) { x.cut(); }, true},
                    EndCase{"ClosedBeforeTheEnd", [](FakeExchange& x) { x.close(); }, true},
                    EndCase{"HalfAnEvent",
                            [](FakeExchange& x) {
                              x.send(event("MODIFIED", object("b", "99")).substr(0, 40));
                              x.cut();
                            },
                            true},
                    EndCase{"NoEvent", [](FakeExchange& x) { x.send("nonsense\n"); }, true},
                    EndCase{"ErrorEvent",
                            [](FakeExchange& x) {
                              x.send(
                                  event("ERROR", R"({"kind":"Status","code":500,"reason":"InternalError"})"));
                            },
                            true}),
    [](const auto& info) { return info.param.name; });

TEST_F(ReflectorTest, BookmarksOnlyMoveTheVersion) {
  maps_.next_list(
      [](FakeExchange& x) { x.reply(200, R"({"metadata":{"resourceVersion":"10"},"items":[]})"); });
  maps_.stream([](FakeExchange& x) {
    x.send(
        event("BOOKMARK", R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"70"}})"));
    x.end_stream();
  });
  start();
  ASSERT_TRUE(watching(2));
  EXPECT_THAT(maps_.watched_from(), ElementsAre("10", "70"));
  EXPECT_THAT(calls_.lines, ElementsAre("="));
  EXPECT_EQ(reflector_.counts().events, 0U);
}

TEST_F(ReflectorTest, ARepeatedEventIsDeliveredOnce) {
  maps_.next_list(
      [](FakeExchange& x) { x.reply(200, R"({"metadata":{"resourceVersion":"10"},"items":[]})"); });
  maps_.stream([](FakeExchange& x) {
    x.send(event("ADDED", object("b", "11")));
    x.cut();
  });
  maps_.stream([](FakeExchange& x) {  // although the watch is from 11
    x.send(event("ADDED", object("b", "11")));
    x.send(event("MODIFIED", object("b", "12")));
    x.wait_for_close();
  });
  start();
  ASSERT_TRUE(called(3));
  EXPECT_THAT(calls_.lines, ElementsAre("=", "+ b@11", "+ b@12"));
}

/// How the API server reports that a version is too old.
struct GoneCase {
  const char* name;
  FakeHandler say;
};

class Gone : public ReflectorTest, public testing::WithParamInterface<GoneCase> {};

TEST_P(Gone, CausesAListThatReplacesAll) {
  maps_.next_list([](FakeExchange& x) {
    x.reply(200, fmt::format(R"({{"metadata":{{"resourceVersion":"10"}},"items":[{},{}]}})", object("a", "9"),
                             object("lost", "8")));
  });
  maps_.next_watch(GetParam().say);
  maps_.list("100", {object("a", "90")});
  start();
  ASSERT_TRUE(watching(2));
  EXPECT_THAT(calls_.lines, ElementsAre("= a@9 lost@8", "= a@90"));
  EXPECT_THAT(maps_.watched_from(), ElementsAre("10", "100"));
}

INSTANTIATE_TEST_SUITE_P(Table, Gone,
                         testing::Values(GoneCase{"AsAnAnswer",
                                                  [](FakeExchange& x) { x.status(410, "Expired"); }},
                                         GoneCase{"AsAnEvent",
                                                  [](FakeExchange& x) {
                                                    x.begin_stream();
                                                    x.send(gone_event());
                                                    x.wait_for_close();
                                                  }}),
                         [](const auto& info) { return info.param.name; });

TEST_F(ReflectorTest, AMissingKindIsEmptyAndTriedAgain) {
  for (int i = 0; i < 2; ++i)
    maps_.next_list([](FakeExchange& x) { x.reply(404, "404 page not found\n", {}, "text/plain"); });
  start();
  ASSERT_TRUE(called(1));
  EXPECT_TRUE(reflector_.synced());
  EXPECT_TRUE(reflector_.kind_absent());
  ASSERT_TRUE(watching(1));
  EXPECT_FALSE(reflector_.kind_absent());
  EXPECT_THAT(calls_.lines, ElementsAre("=", "= a@9"));
  EXPECT_EQ(reflector_.counts().failures, 0U);
}

TEST_F(ReflectorTest, ARemovedKindIsEmpty) {
  maps_.next_list([](FakeExchange& x) {
    x.reply(200, fmt::format(R"({{"metadata":{{"resourceVersion":"10"}},"items":[{}]}})", object("a", "9")));
  });
  maps_.stream([](FakeExchange& x) { x.end_stream(); });
  const FakeHandler absent = [](FakeExchange& x) { x.reply(404, "404 page not found\n", {}, "text/plain"); };
  maps_.next_watch(absent);
  maps_.next_list(absent);
  start();
  ASSERT_TRUE(called(2));
  EXPECT_THAT(calls_.lines, ElementsAre("= a@9", "="));
}

TEST_F(ReflectorTest, AForbiddenKindIsUnknownNotEmpty) {
  maps_.next_list([](FakeExchange& x) { x.status(403, "Forbidden"); });
  start();
  ASSERT_TRUE(run_until(context_, [&] { return reflector_.counts().failures == 1; }));
  EXPECT_FALSE(reflector_.synced());
  EXPECT_FALSE(reflector_.connected());
  EXPECT_THAT(reflector_.problem(), HasSubstr("configmaps in namespace ns"));
  EXPECT_TRUE(calls_.lines.empty());
  ASSERT_TRUE(called(1));
  EXPECT_TRUE(reflector_.synced());
  EXPECT_EQ(reflector_.problem(), "");
}

TEST_F(ReflectorTest, KeepsItsStoreWhileTheServerIsUnreachable) {
  start();
  ASSERT_TRUE(watching(1));
  server_.stop();
  ASSERT_TRUE(run_until(context_, [&] { return reflector_.counts().failures >= 2; }));
  EXPECT_FALSE(reflector_.connected());
  EXPECT_TRUE(reflector_.synced());
  server_.start();
  ASSERT_TRUE(watching(2));
  EXPECT_THAT(calls_.lines, ElementsAre("= a@9"));
  EXPECT_EQ(maps_.watched_from().back(), "10");
}

TEST_F(ReflectorTest, AVersionThatIsRejectedRepeatedlyIsListedAgain) {
  maps_.next_list(
      [](FakeExchange& x) { x.reply(200, R"({"metadata":{"resourceVersion":"900"},"items":[]})"); });
  for (int i = 0; i < 5; ++i) maps_.next_watch([](FakeExchange& x) { x.status(504, "Timeout"); });
  start();
  ASSERT_TRUE(called(2));
  EXPECT_THAT(calls_.lines, ElementsAre("=", "= a@9"));
  ASSERT_TRUE(watching(6));
  EXPECT_THAT(maps_.watched_from(), ElementsAre("900", "900", "900", "900", "900", "10"));
}

/// A server that fails permanently is called with pauses.
struct PaceCase {
  const char* name;
  FakeHandler watch;
};

class Pace : public ReflectorTest, public testing::WithParamInterface<PaceCase> {};

TEST_P(Pace, HasPauses) {
  server_.on("GET", kConfigMaps.path("ns"), [](FakeExchange& x) {
    if (x.request().query("watch").empty())
      return x.reply(200, R"({"metadata":{"resourceVersion":"10"},"items":[]})");
    GetParam().watch(x);
  });
  const auto began = std::chrono::steady_clock::now();
  start();
  ASSERT_TRUE(run_until(context_, [&] { return reflector_.counts().watches >= 10; }));
  // A lower bound only. Between ten watches are nine pauses of at least 5, 10 and seven times 20 ms.
  EXPECT_GE(std::chrono::steady_clock::now() - began, 100ms);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Pace,
    testing::Values(PaceCase{"AlwaysGone", [](FakeExchange& x) { x.status(410, "Expired"); }},
                    PaceCase{"EndsAtOnce",
                             [](FakeExchange& x) {
                               x.begin_stream();
                               x.end_stream();
                             }},
                    PaceCase{"Refused", [](FakeExchange& x) { x.status(500, "InternalError"); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::kube
