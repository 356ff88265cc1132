// SPDX-License-Identifier: Apache-2.0
#include "reconciler/builtin_runtimes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "deploy/builtin.h"
#include "spec/view.h"
#include "tests/kube/client/fake_api_server.h"

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;
using kube::FakeApiServer;
using kube::FakeExchange;

constexpr const char* kRuntimes = "/apis/serving.kserve.io/v1alpha1/clusterservingruntimes";
constexpr const char* kConfigMaps = "/api/v1/namespaces/kserve/configmaps";
constexpr const char* kRecord = "/api/v1/namespaces/kserve/configmaps/modelgate-builtin-runtimes";

std::string name_in(const std::string& body) {
  spec::Arena arena;
  const auto value = spec::parse_json(body, arena);
  return value ? std::string(spec::ObjectView(*value).object("metadata").string("name")) : "";
}

/// A cluster's runtimes, and our record of them.
class BuiltinRuntimesTest : public testing::Test {
 protected:
  BuiltinRuntimesTest() {
    server_.on("POST", kRuntimes, [this](FakeExchange& x) {
      const std::lock_guard lock(mutex_);
      const std::string name = name_in(x.request().body);
      if (name == refused_) return x.status(403, "Forbidden");
      if (!runtimes_.insert(name).second) return x.status(409, "AlreadyExists");
      x.reply(201, x.request().body);
    });
    server_.on("GET", kRecord, [this](FakeExchange& x) {
      const std::lock_guard lock(mutex_);
      record_.empty() ? x.status(404, "NotFound") : x.reply(200, record_);
    });
    const auto store = [this](FakeExchange& x) {
      const std::lock_guard lock(mutex_);
      record_ = x.request().body;
      x.reply(200, record_);
    };
    server_.on("POST", kConfigMaps, store);
    server_.on("PATCH", kRecord, store);
  }
  ~BuiltinRuntimesTest() override { server_.stop(); }

  BuiltinOutcome create() {
    BuiltinOutcome outcome;
    kube::run_with_client(server_.config(), {.qps = 10'000, .burst = 10'000},
                          [&](kube::Client& client) -> kube::Task<void> {
                            BuiltinRuntimes runtimes(client, "kserve");
                            const auto until = std::chrono::steady_clock::now() + 10s;
                            outcome = co_await runtimes.create(until);
                          });
    return outcome;
  }

  static int builtin() {
    return static_cast<int>(std::ranges::count_if(
        builtin_manifests(), [](const BuiltinManifest& m) { return m.name.starts_with("runtimes/"); }));
  }

  FakeApiServer server_;
  std::mutex mutex_;
  std::set<std::string> runtimes_;
  std::string refused_;
  std::string record_;
};

TEST_F(BuiltinRuntimesTest, AreCreatedOnce) {
  const BuiltinOutcome first = create();
  EXPECT_TRUE(first.complete) << first.problem;
  EXPECT_EQ(first.created, builtin());
  EXPECT_GT(first.created, 5);
  const int posts = server_.count("POST", kRuntimes);
  EXPECT_EQ(create().created, 0);
  EXPECT_EQ(server_.count("POST", kRuntimes), posts);
}

TEST_F(BuiltinRuntimesTest, AreNotCreatedAgainAfterDeletion) {
  create();
  runtimes_.erase("kserve-sklearnserver");
  EXPECT_EQ(create().created, 0);
  EXPECT_FALSE(runtimes_.contains("kserve-sklearnserver"));
}

TEST_F(BuiltinRuntimesTest, LeaveExistingOnesUnchanged) {
  runtimes_.insert("kserve-sklearnserver");
  const BuiltinOutcome outcome = create();
  EXPECT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.created, builtin() - 1);
  EXPECT_NE(record_.find(R"("kserve-sklearnserver":"found")"), std::string::npos) << record_;
}

TEST_F(BuiltinRuntimesTest, AreRetriedAfterARefusal) {
  refused_ = "kserve-sklearnserver";
  const BuiltinOutcome outcome = create();
  EXPECT_FALSE(outcome.complete);
  EXPECT_NE(outcome.problem.find("403"), std::string::npos) << outcome.problem;
  EXPECT_EQ(outcome.created, builtin() - 1);
  refused_.clear();
  const BuiltinOutcome again = create();
  EXPECT_TRUE(again.complete);
  EXPECT_EQ(again.created, 1);
}

}  // namespace
}  // namespace modelgate::reconciler
