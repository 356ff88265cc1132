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

const spec::ObjectKey kThere{"Secret", "ns", "there"};
const spec::ObjectKey kNot{"Secret", "ns", "not"};
const spec::ObjectKey kForbidden{"ServiceAccount", "ns", "forbidden"};
const spec::ObjectKey kNoKind{"Unheard", "ns", "of"};
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

  template <class Look>
  void look(std::vector<spec::ObjectKey> keys, std::chrono::milliseconds time, Look at) {
    kube::run_with_client(server_.config(), {}, [&](kube::Client& client) -> kube::Task<void> {
      LiveFacts facts(client);
      const auto until = std::chrono::steady_clock::now() + time;
      co_await facts.look_up(keys, until);
      at(facts);
    });
  }

  FakeApiServer server_;
};

TEST_F(LiveFactsTest, TellsWhatIsThereAndWhatIsNot) {
  look({kThere, kNot, kForbidden, kNoKind}, 10s, [](const LiveFacts& facts) {
    EXPECT_EQ(facts.facts().find(kThere)->state, State::kPresent);
    ASSERT_NE(facts.facts().find(kThere)->object, nullptr);
    EXPECT_EQ(facts.facts().find(kNot)->state, State::kAbsent);
    EXPECT_EQ(facts.facts().find(kForbidden)->state, State::kUnknown);
    EXPECT_EQ(facts.facts().find(kNoKind)->state, State::kUnknown);
    EXPECT_TRUE(facts.may_change());
  });
}

TEST_F(LiveFactsTest, IsSureOfWhatIsThere) {
  look({kThere}, 10s, [](const LiveFacts& facts) { EXPECT_FALSE(facts.may_change()); });
}

TEST_F(LiveFactsTest, WaitsNoLongerThanItMay) {
  look({kThere, kSlow}, 300ms, [](const LiveFacts& facts) {
    EXPECT_EQ(facts.facts().find(kThere)->state, State::kPresent);
    EXPECT_EQ(facts.facts().find(kSlow)->state, State::kUnknown);  // the server never answers this call
  });
}

TEST_F(LiveFactsTest, AreUnknownWhereNobodyLooks) {
  look({}, 1s, [](LiveFacts& facts) {
    facts.leave_unknown({kThere});
    EXPECT_EQ(facts.facts().find(kThere)->state, State::kUnknown);
    EXPECT_TRUE(facts.may_change());
  });
}

}  // namespace
}  // namespace modelgate::reconciler
