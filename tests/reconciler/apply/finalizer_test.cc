// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/finalizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kube/client/fake_api_server.h"

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;
using kube::FakeApiServer;
using kube::FakeExchange;
using testing::ElementsAre;

constexpr const char* kService = "/apis/serving.kserve.io/v1beta1/namespaces/ns/inferenceservices/iris";
constexpr const char* kModels = "/apis/serving.kserve.io/v1alpha1/namespaces/ns/trainedmodels";
constexpr const char* kReply =
    R"({"metadata":{"name":"iris","namespace":"ns","uid":"u","resourceVersion":"8"}})";

class Finalizer : public testing::Test {
 protected:
  Finalizer() {
    server_.on("PATCH", kService, [](FakeExchange& x) { x.reply(200, kReply); });
    server_.on("GET", kModels, [](FakeExchange& x) {
      x.reply(200, R"({"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"m","uid":"um"}}]})");
    });
    server_.on("DELETE", kModels + std::string("/m"),
               [](FakeExchange& x) { x.reply(200, R"({"kind":"Status"})"); });
  }

  template <class Step>
  void run(Step step) {
    kube::run_with_client(server_.config(), {}, [&](kube::Client& client) -> kube::Task<void> {
      ServiceRecord record;
      record.key = {"ns", "iris"};
      record.resource_version = "7";
      const auto until = std::chrono::steady_clock::now() + 10s;
      co_await step(client, record, until);
    });
  }

  bool finalizes(std::string_view json) {
    bool done = false;
    run([&](kube::Client& client, ServiceRecord record, kube::SteadyTime until) -> kube::Task<void> {
      spec::Arena arena;
      const spec::Value service = spec::parse_json(json, arena).value();
      const auto finished = co_await finish_deletion(client, cache_, record, service, until);
      done = finished.has_value();
    });
    return done;
  }

  std::vector<std::string> calls() const {
    std::vector<std::string> out;
    for (const kube::FakeRequest& r : server_.requests()) out.push_back(r.method + " " + r.body);
    return out;
  }

  FakeApiServer server_;
  Cache cache_{[](const ServiceKey&, Priority) {}};
};

TEST_F(Finalizer, IsAddedToOthers) {
  run([&](kube::Client& client, ServiceRecord record, kube::SteadyTime until) -> kube::Task<void> {
    spec::Arena arena;
    const spec::Value service = spec::parse_json(R"({"metadata":{"finalizers":["a"]}})", arena).value();
    const auto version = co_await add_finalizer(client, cache_, record, service, until);
    EXPECT_EQ(version.value(), "8");
  });
  EXPECT_THAT(
      calls(),
      ElementsAre(
          R"(PATCH {"metadata":{"resourceVersion":"7","finalizers":["a","inferenceservice.finalizers"]}})"));
}

constexpr const char* kBoth = R"({"metadata":{"finalizers":["inferenceservice.finalizers","b"]}})";
constexpr const char* kOthersStay = R"(PATCH {"metadata":{"resourceVersion":"7","finalizers":["b"]}})";

TEST_F(Finalizer, IsRemovedAfterTheModels) {
  EXPECT_TRUE(finalizes(kBoth));
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests.at(0).query("labelSelector"), "inferenceservice=iris");
  EXPECT_EQ(requests.at(1).method, "DELETE");
  EXPECT_NE(requests.at(1).body.find("\"um\""), std::string::npos) << requests.at(1).body;
  EXPECT_EQ(calls().at(2), kOthersStay);
}

TEST_F(Finalizer, DoesNotNeedTheKindTrainedModel) {
  server_.on("GET", kModels, [](FakeExchange& x) { x.reply(404, "404 page not found", {}, "text/plain"); });
  EXPECT_TRUE(finalizes(kBoth));
  EXPECT_EQ(calls().back(), kOthersStay);
}

TEST_F(Finalizer, StaysWhileAModelCannotBeDeleted) {
  server_.on("DELETE", kModels + std::string("/m"), [](FakeExchange& x) { x.status(403, "Forbidden"); });
  EXPECT_FALSE(finalizes(kBoth));
  EXPECT_EQ(server_.count("PATCH", kService), 0);
}

TEST_F(Finalizer, IgnoresOtherFinalizers) {
  EXPECT_TRUE(finalizes(R"({"metadata":{"finalizers":["b"]}})"));
  EXPECT_TRUE(server_.requests().empty());
}

}  // namespace
}  // namespace modelgate::reconciler
