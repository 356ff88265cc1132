// SPDX-License-Identifier: Apache-2.0
//
// Calls to the API server for Events. event_correlator_test.cc tests which Events are written.
#include "kube/events.h"

#include <gtest/gtest.h>

#include "spec/view.h"
#include "tests/kube/client/fake_api_server.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;

constexpr const char* kEventsPath = "/api/v1/namespaces/ns/events";

/// Waits until `check` holds; false after a minute, which only a failing test takes.
Task<bool> eventually(std::function<bool()> check) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + 1min;
  while (!check()) {
    if (std::chrono::steady_clock::now() > deadline) co_return false;
    co_await sleep_for(2ms);
  }
  co_return true;
}

const ObjectReference kAbout{&kConfigMaps, "ns", "inferenceservice-config", "u-1"};

class EventRecorderTest : public testing::Test {
 protected:
  EventRecorderTest() {
    server_.on("POST", kEventsPath, [](FakeExchange& x) { x.reply(201, x.request().body); });
    server_.on("PATCH", "*", [](FakeExchange& x) { x.reply(200, x.request().body); });
  }

  /// Calls `record`, and waits until the server has received `requests` requests.
  void run(std::size_t requests, std::function<void(EventRecorder&)> record) {
    run_with_client(server_.config(), {}, [&](Client& client) -> Task<void> {
      EventRecorder events(client, {.component = "modelgate-webhook", .instance = "pod-1"});
      record(events);
      const bool sent = co_await eventually([&] { return server_.requests().size() >= requests; });
      EXPECT_TRUE(sent) << server_.requests().size() << " requests";
      co_await sleep_for(20ms);  // for a surplus request
    });
    EXPECT_EQ(server_.requests().size(), requests);
  }

  FakeApiServer server_;
};

TEST_F(EventRecorderTest, WritesAnEvent) {
  run(1,
      [](EventRecorder& events) { events.warn(kAbout, "InvalidConfiguration", "deploy: \"x\" is no mode"); });
  spec::Arena arena;
  const std::string body = server_.requests()[0].body;
  const auto event = spec::parse_json(body, arena);
  ASSERT_TRUE(event) << body;
  const spec::ObjectView view(*event);
  EXPECT_TRUE(view.object("metadata").string("name").starts_with("inferenceservice-config."));
  EXPECT_EQ(view.object("metadata").string("namespace"), "ns");
  EXPECT_EQ(view.string("type"), "Warning");
  EXPECT_EQ(view.string("reason"), "InvalidConfiguration");
  EXPECT_EQ(view.string("message"), "deploy: \"x\" is no mode");
  EXPECT_EQ(view.integer("count"), 1);
  EXPECT_EQ(view.string("firstTimestamp"), view.string("lastTimestamp"));
  EXPECT_EQ(view.string("firstTimestamp").size(), std::string_view("2026-11-23T14:00:00Z").size());
  EXPECT_EQ(view.object("source").string("component"), "modelgate-webhook");
  EXPECT_EQ(view.string("reportingInstance"), "pod-1");
  const spec::ObjectView about = view.object("involvedObject");
  EXPECT_EQ(about.string("kind"), "ConfigMap");
  EXPECT_EQ(about.string("apiVersion"), "v1");
  EXPECT_EQ(about.string("namespace"), "ns");
  EXPECT_EQ(about.string("name"), "inferenceservice-config");
  EXPECT_EQ(about.string("uid"), "u-1");
}

TEST_F(EventRecorderTest, IncrementsTheCountOfARepeatedEvent) {
  run(3, [](EventRecorder& events) {
    for (int i = 0; i < 3; ++i) events.normal(kAbout, "Loaded", "again");
  });
  const auto requests = server_.requests();
  spec::Arena arena;
  const auto created = spec::parse_json(requests[0].body, arena);
  const std::string name(spec::ObjectView(*created).object("metadata").string("name"));
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(requests[i].method, "PATCH");
    EXPECT_EQ(requests[i].path, std::string(kEventsPath) + "/" + name);
    const auto patch = spec::parse_json(requests[i].body, arena);
    EXPECT_EQ(spec::ObjectView(*patch).integer("count"), static_cast<std::int64_t>(i) + 1);
  }
}

TEST_F(EventRecorderTest, CreatesAnotherIfTheFirstWasDeleted) {
  server_.on("PATCH", "*", [](FakeExchange& x) { x.status(404, "NotFound"); });
  run(3, [](EventRecorder& events) {
    for (int i = 0; i < 2; ++i) events.normal(kAbout, "Loaded", "again");
  });
  EXPECT_EQ(server_.count("POST", kEventsPath), 2);
}

TEST_F(EventRecorderTest, IsInDefaultWhereTheObjectHasNoNamespace) {
  server_.on("POST", "/api/v1/namespaces/default/events", [](FakeExchange& x) { x.reply(201, "{}"); });
  run(1, [](EventRecorder& events) {
    events.warn({&kMutatingWebhookConfigurations, "", "modelgate", "u"}, "Odd", "x");
  });
  EXPECT_EQ(server_.count("POST", "/api/v1/namespaces/default/events"), 1);
}

struct AnswerCase {
  const char* name;
  int code;
  const char* reason;
  std::size_t requests;  // for one event
};

class EventAnswerTest : public EventRecorderTest, public testing::WithParamInterface<AnswerCase> {};

TEST_P(EventAnswerTest, IsTriedAgainOrDropped) {
  server_.once("POST", kEventsPath, [](FakeExchange& x) { x.status(GetParam().code, GetParam().reason); });
  run(GetParam().requests, [](EventRecorder& events) { events.normal(kAbout, "Loaded", "x"); });
}

INSTANTIATE_TEST_SUITE_P(Table, EventAnswerTest,
                         testing::Values(AnswerCase{"Forbidden", 403, "Forbidden", 1},
                                         AnswerCase{"Invalid", 422, "Invalid", 1},
                                         AnswerCase{"AFault", 500, "InternalError", 2}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace modelgate::kube
