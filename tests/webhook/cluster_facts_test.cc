// SPDX-License-Identifier: Apache-2.0
//
// Live reads: which fact follows from an answer of the API server, and on which thread it is reported.
#include "webhook/cluster_facts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <ostream>
#include <thread>

#include "tests/kube/client/fake_api_server.h"

namespace modelgate::webhook {
namespace {

using namespace std::chrono_literals;
using admission::Fact;
using admission::Needs;
using admission::ObjectKey;
using kube::FakeApiServer;
using kube::FakeExchange;
using State = Fact::State;

constexpr const char* kSecretPath = "/api/v1/namespaces/ns/secrets/a";
constexpr const char* kSecret =
    R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"ns"},"data":{"k":"dg=="}})";
const ObjectKey kSecretKey{"Secret", "ns", "a"};

class ClusterFactsTest : public testing::Test {
 protected:
  ~ClusterFactsTest() override {
    context_.stop();
    if (loop_.joinable()) loop_.join();
    server_.stop();
  }

  /// Calls from this thread, with the client on another one; runs here what is passed to `thread`.
  LookedUpFacts look_up(const std::vector<ObjectKey>& keys, std::chrono::milliseconds time = 5s,
                        std::string_view ns = "ns") {
    if (!loop_.joinable()) loop_ = std::thread([this] { context_.run(); });
    std::promise<std::function<void()>> back;
    std::optional<LookedUpFacts> found = facts_.look_up(
        Needs{keys}, ns, std::chrono::steady_clock::now() + time,
        [&](std::function<void()> task) { back.set_value(std::move(task)); },
        [&](LookedUpFacts later) {
          EXPECT_EQ(std::this_thread::get_id(), here_);
          found = std::move(later);
        });
    if (found) return std::move(*found);
    auto task = back.get_future();
    if (task.wait_for(10s) != std::future_status::ready) throw std::runtime_error("no answer");
    task.get()();
    return std::move(*found);
  }

  std::thread::id here_ = std::this_thread::get_id();
  FakeApiServer server_;
  kube::asio::io_context context_{1};
  boost::asio::executor_work_guard<kube::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(context_);
  kube::Client client_{context_, server_.config()};
  ClusterFacts facts_{client_};
  std::thread loop_;
};

struct AnswerCase {
  const char* name;
  kube::FakeHandler answer;
  State state;
  bool overloaded = false;
};

void PrintTo(const AnswerCase& c, std::ostream* out) {
  *out << c.name;
}

class Answered : public ClusterFactsTest, public testing::WithParamInterface<AnswerCase> {};

TEST_P(Answered, BecomesAFact) {
  server_.on("GET", kSecretPath, GetParam().answer);
  const LookedUpFacts found = look_up({kSecretKey}, 700ms);
  ASSERT_EQ(found.facts.size(), 1U);
  EXPECT_EQ(found.facts.front().first, kSecretKey);
  const Fact& fact = found.facts.front().second;
  EXPECT_EQ(fact.state, GetParam().state);
  EXPECT_EQ(fact.object != nullptr, GetParam().state == State::kPresent);
  const FactCounts counts = facts_.counts();
  EXPECT_EQ(counts.present, GetParam().state == State::kPresent ? 1U : 0U);
  EXPECT_EQ(counts.absent, GetParam().state == State::kAbsent ? 1U : 0U);
  EXPECT_EQ(counts.unknown, GetParam().state == State::kUnknown ? 1U : 0U);
  ASSERT_EQ(found.unread.size(), GetParam().state == State::kUnknown ? 1U : 0U);
  if (found.unread.empty()) return;
  EXPECT_EQ(found.unread.front().key, kSecretKey);
  EXPECT_FALSE(found.unread.front().reason.empty());
  EXPECT_EQ(found.unread.front().overloaded, GetParam().overloaded);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Answered,
    testing::Values(
        AnswerCase{"Exists", [](FakeExchange& x) { x.reply(200, kSecret); }, State::kPresent},
        AnswerCase{"DoesNotExist",
                   [](FakeExchange& x) { x.status(404, "NotFound", {}, R"(secrets \"a\" not found)"); },
                   State::kAbsent},
        AnswerCase{"KindNotServed",
                   [](FakeExchange& x) { x.reply(404, "404 page not found\n", {}, "text/plain"); },
                   State::kUnknown},
        AnswerCase{"NotFoundByAProxy", [](FakeExchange& x) { x.status(404, "NotFound"); }, State::kUnknown},
        AnswerCase{"Forbidden", [](FakeExchange& x) { x.status(403, "Forbidden"); }, State::kUnknown},
        AnswerCase{"Broken", [](FakeExchange& x) { x.status(500, "InternalError"); }, State::kUnknown},
        AnswerCase{"Unauthorized", [](FakeExchange& x) { x.status(401, "Unauthorized"); }, State::kUnknown},
        AnswerCase{"Unavailable", [](FakeExchange& x) { x.status(503, "ServiceUnavailable"); },
                   State::kUnknown},
        AnswerCase{"TooMany", [](FakeExchange& x) { x.status(429, "TooManyRequests"); }, State::kUnknown,
                   true},
        AnswerCase{"Gone", [](FakeExchange& x) { x.status(410, "Expired"); }, State::kUnknown},
        AnswerCase{"Nonsense", [](FakeExchange& x) { x.reply(200, "[]"); }, State::kUnknown},
        AnswerCase{"EmptyObject", [](FakeExchange& x) { x.reply(200, "{}"); }, State::kUnknown},
        AnswerCase{"NotJson", [](FakeExchange& x) { x.reply(200, "<html>", {}, "text/html"); },
                   State::kUnknown},
        AnswerCase{"AnotherKind",
                   [](FakeExchange& x) {
                     x.reply(200, R"({"apiVersion":"v1","kind":"Status","metadata":{"name":"a"}})");
                   },
                   State::kUnknown},
        AnswerCase{"AnotherName",
                   [](FakeExchange& x) {
                     x.reply(200, R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"b"}})");
                   },
                   State::kUnknown},
        AnswerCase{"Cut", [](FakeExchange& x) { x.cut(); }, State::kUnknown},
        AnswerCase{"Silent", [](FakeExchange& x) { x.wait_for_close(); }, State::kUnknown, true}),
    [](const auto& info) { return info.param.name; });

TEST_F(ClusterFactsTest, ReadsAllAtOnce) {
  std::atomic<int> arrived = 0;
  const kube::FakeHandler together = [&](FakeExchange& x) {
    ++arrived;
    for (int i = 0; i < 500 && arrived < 3; ++i) std::this_thread::sleep_for(10ms);
    const std::string name = x.request().path.substr(x.request().path.rfind('/') + 1);
    arrived == 3 ? x.reply(200, R"({"kind":"Secret","metadata":{"name":")" + name + "\"}}")
                 : x.status(500, "Alone");
  };
  for (const char* name : {"a", "b", "c"}) {
    server_.on("GET", std::string("/api/v1/namespaces/ns/secrets/") + name, together);
  }
  for (const auto& [key, fact] :
       look_up({{"Secret", "ns", "a"}, {"Secret", "ns", "b"}, {"Secret", "ns", "c"}}).facts) {
    EXPECT_EQ(fact.state, State::kPresent) << key.name;
  }
}

TEST_F(ClusterFactsTest, CachesNothing) {
  server_.on("GET", kSecretPath, [](FakeExchange& x) { x.reply(200, kSecret); });
  look_up({kSecretKey});
  server_.on("GET", kSecretPath,
             [](FakeExchange& x) { x.status(404, "NotFound", {}, R"(secrets \"a\" not found)"); });
  EXPECT_EQ(look_up({kSecretKey}).facts.front().second.state, State::kAbsent);
  EXPECT_EQ(server_.count("GET", kSecretPath), 2);
}

TEST_F(ClusterFactsTest, AKindWithoutANameIsAList) {
  server_.on("GET", "/apis/serving.kserve.io/v1alpha1/namespaces/ns/servingruntimes", [](FakeExchange& x) {
    x.reply(200, R"({"kind":"ServingRuntimeList","metadata":{"resourceVersion":"1"},
                     "items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]})");
  });
  const LookedUpFacts found = look_up({{"ServingRuntime", "ns", ""}, {"ClusterServingRuntime", "", ""}});
  const Fact& list = found.facts.front().second;
  ASSERT_EQ(list.state, State::kPresent);
  const spec::Value* items = spec::find(*list.object, "items");
  ASSERT_TRUE(items && items->IsArray());
  ASSERT_EQ(items->Size(), 2U);
  EXPECT_EQ(spec::text_of(*spec::find((*items)[0], "kind")), "ServingRuntime");
  EXPECT_EQ(found.facts.back().second.state, State::kAbsent);  // the kind is not served, so there are none
}

TEST_F(ClusterFactsTest, AnUnknownKindIsUnknown) {
  EXPECT_EQ(look_up({{"NoKind", "ns", "a"}}).facts.front().second.state, State::kUnknown);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(ClusterFactsTest, OneNamespaceDoesNotKeepAnotherWaiting) {
  // More reads of one namespace than may run at once, which get no answer until the test ends.
  std::vector<ObjectKey> many;
  for (std::size_t i = 0; i < 4 * kMaxReads; ++i) {
    many.push_back({"Secret", "busy", std::to_string(i)});
    server_.on("GET", "/api/v1/namespaces/busy/secrets/" + std::to_string(i),
               [](FakeExchange& x) { x.wait_for_close(); });
  }
  server_.on("GET", kSecretPath, [](FakeExchange& x) { x.reply(200, kSecret); });
  std::promise<std::function<void()>> ended;
  LookedUpFacts busy;
  facts_.look_up(
      Needs{many}, "busy", std::chrono::steady_clock::now() + 3s,
      [&](std::function<void()> task) { ended.set_value(std::move(task)); },
      [&](LookedUpFacts later) { busy = std::move(later); });
  EXPECT_EQ(look_up({kSecretKey}, 2s).facts.front().second.state, State::kPresent);
  ended.get_future().get()();
  EXPECT_EQ(busy.unread.size(), many.size());
  for (const UnreadFact& unread : busy.unread) EXPECT_TRUE(unread.overloaded) << unread.reason;
}

TEST_F(ClusterFactsTest, MakesNoCallAfterTheDeadline) {
  EXPECT_EQ(look_up({kSecretKey}, 0ms).facts.front().second.state, State::kUnknown);
  EXPECT_TRUE(server_.requests().empty());
}

}  // namespace
}  // namespace modelgate::webhook
