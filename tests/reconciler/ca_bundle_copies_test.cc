// SPDX-License-Identifier: Apache-2.0
#include "reconciler/ca_bundle_copies.h"

#include <gtest/gtest.h>

#include "tests/kube/client/fake_api_server.h"

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;
using kube::FakeApiServer;
using kube::FakeExchange;

constexpr const char* kSource = "/api/v1/namespaces/kserve/configmaps/cas";
constexpr const char* kCopies = "/api/v1/namespaces/ns/configmaps";
constexpr const char* kCopy = "/api/v1/namespaces/ns/configmaps/global-ca-bundle";
constexpr const char* kStored = R"({"data":{"cabundle.crt":"PEM"}})";
constexpr const char* kBody =
    R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"global-ca-bundle","namespace":"ns"},)"
    R"("data":{"cabundle.crt":"PEM"}})";

class CaBundleCopiesTest : public testing::Test {
 protected:
  CaBundleCopiesTest() {
    server_.on("GET", kSource, [](FakeExchange& x) { x.reply(200, kStored); });
    server_.on("GET", kCopy, [](FakeExchange& x) { x.status(404, "NotFound"); });
    server_.on("POST", kCopies, [](FakeExchange& x) { x.reply(201, kStored); });
    server_.on("PATCH", kCopy, [](FakeExchange& x) { x.reply(200, kStored); });
  }

  std::string ensure(int times = 1) {
    std::string problem;
    kube::run_with_client(server_.config(), {}, [&](kube::Client& client) -> kube::Task<void> {
      CaBundleCopies copies(client, "kserve");
      for (int i = 0; i < times; ++i) {
        const auto until = std::chrono::steady_clock::now() + 10s;
        problem = co_await copies.ensure("ns", "cas", until, writes_);
      }
    });
    return problem;
  }

  FakeApiServer server_;
  int writes_ = 0;
};

TEST_F(CaBundleCopiesTest, AreCreatedOnce) {
  EXPECT_EQ(ensure(3), "");
  EXPECT_EQ(writes_, 1);
  EXPECT_EQ(server_.requests().size(), 3U) << "reads of source and copy, and a POST";
  EXPECT_EQ(server_.requests().back().body, kBody);
}

TEST_F(CaBundleCopiesTest, AreLeftUnchangedIfTheyAreCurrent) {
  server_.on("GET", kCopy, [](FakeExchange& x) { x.reply(200, kStored); });
  EXPECT_EQ(ensure(), "");
  EXPECT_EQ(writes_, 0);
}

TEST_F(CaBundleCopiesTest, AreUpdated) {
  server_.on("GET", kCopy,
             [](FakeExchange& x) { x.reply(200, R"({"data":{"cabundle.crt":"old","b":"c"}})"); });
  EXPECT_EQ(ensure(), "");
  EXPECT_EQ(writes_, 1);
  EXPECT_EQ(server_.count("PATCH", kCopy), 1);
}

TEST_F(CaBundleCopiesTest, NeedASource) {
  server_.on("GET", kSource, [](FakeExchange& x) { x.status(404, "NotFound"); });
  EXPECT_NE(ensure(), "");
  server_.on("GET", kSource, [](FakeExchange& x) { x.reply(200, R"({"data":{"other":"PEM"}})"); });
  EXPECT_NE(ensure().find("cabundle.crt"), std::string::npos);
  EXPECT_EQ(writes_, 0);
}

TEST_F(CaBundleCopiesTest, MayBeCreatedByAnotherMeanwhile) {
  server_.on("POST", kCopies, [](FakeExchange& x) { x.status(409, "AlreadyExists"); });
  EXPECT_EQ(ensure(), "");
  EXPECT_EQ(writes_, 0);
}

TEST_F(CaBundleCopiesTest, ReportARefusal) {
  server_.on("POST", kCopies, [](FakeExchange& x) { x.status(403, "Forbidden"); });
  EXPECT_NE(ensure().find("403"), std::string::npos);
}

}  // namespace
}  // namespace modelgate::reconciler
