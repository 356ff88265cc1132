// SPDX-License-Identifier: Apache-2.0
#include "reconciler/assessment/live_facts.h"

#include <gtest/gtest.h>

#include "tests/kube/client/fake_api_server.h"

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;
using kube::FakeApiServer;
using kube::FakeExchange;
using State = spec::Fact::State;

const spec::ObjectKey kExisting{"Secret", "ns", "there"};
const spec::ObjectKey kAbsent{"Secret", "ns", "not"};
const spec::ObjectKey kForbidden{"ServiceAccount", "ns", "forbidden"};
const spec::ObjectKey kNoKind{"Unknown", "ns", "a"};
const spec::ObjectKey kSlow{"Secret", "ns", "slow"};

class LiveFactsTest : public testing::Test {
 protected:
  LiveFactsTest() {
    server_.on("GET", "/api/v1/namespaces/ns/secrets/there",
               [](FakeExchange& x) { x.reply(200, R"({"metadata":{"name":"there"}})"); });
    server_.on("GET", "/api/v1/namespaces/ns/secrets/not",
               [](FakeExchange& x) { x.status(404, "NotFound", {}, R"(secrets \"not\" not found)"); });
    server_.on("GET", "/api/v1/namespaces/ns/serviceaccounts/forbidden",
               [](FakeExchange& x) { x.status(403, "Forbidden"); });
    server_.on("GET", "/api/v1/namespaces/ns/secrets/slow", [](FakeExchange& x) { x.wait_for_close(); });
  }
  ~LiveFactsTest() override { server_.stop(); }

  template <class Check>
  void look_up(std::vector<spec::ObjectKey> keys, std::chrono::milliseconds time, Check check) {
    kube::run_with_client(server_.config(), {}, [&](kube::Client& client) -> kube::Task<void> {
      LiveFacts facts(client);
      const auto until = std::chrono::steady_clock::now() + time;
      co_await facts.look_up(keys, until);
      check(facts);
    });
  }

  FakeApiServer server_;
};

TEST_F(LiveFactsTest, ReportsPresentAndAbsentObjects) {
  look_up({kExisting, kAbsent, kForbidden, kNoKind}, 10s, [](const LiveFacts& facts) {
    EXPECT_EQ(facts.facts().find(kExisting)->state, State::kPresent);
    ASSERT_NE(facts.facts().find(kExisting)->object, nullptr);
    EXPECT_EQ(facts.facts().find(kAbsent)->state, State::kAbsent);
    EXPECT_EQ(facts.facts().find(kForbidden)->state, State::kUnknown);
    EXPECT_EQ(facts.facts().find(kNoKind)->state, State::kUnknown);
    EXPECT_TRUE(facts.may_change());
  });
}

TEST_F(LiveFactsTest, IsFinalForPresentObjects) {
  look_up({kExisting}, 10s, [](const LiveFacts& facts) { EXPECT_FALSE(facts.may_change()); });
}

TEST_F(LiveFactsTest, EndsAtTheDeadline) {
  look_up({kExisting, kSlow}, 300ms, [](const LiveFacts& facts) {
    EXPECT_EQ(facts.facts().find(kExisting)->state, State::kPresent);
    EXPECT_EQ(facts.facts().find(kSlow)->state, State::kUnknown);  // the server never answers this call
  });
}

TEST_F(LiveFactsTest, AreUnknownWithoutALookup) {
  look_up({}, 1s, [](LiveFacts& facts) {
    facts.leave_unknown({kExisting});
    EXPECT_EQ(facts.facts().find(kExisting)->state, State::kUnknown);
    EXPECT_TRUE(facts.may_change());
  });
}

}  // namespace
}  // namespace modelgate::reconciler
