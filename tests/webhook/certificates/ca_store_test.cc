// SPDX-License-Identifier: Apache-2.0

// The CAs in their Secret: created, filled, rotated, and never overwritten.

#include "webhook/certificates/ca_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/webhook/stored_cluster.h"
#include "webhook/certificates/ca_secret.h"

namespace modelgate::webhook {
namespace {

using namespace std::chrono_literals;

const certs::TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

class Store : public testing::Test {
 protected:
  /// Runs `test` on a client's thread, with a store that was not started: it reads when `test` says so.
  void run(const std::function<kube::Task<void>(CaStore&)>& test) {
    kube::run_with_client(cluster_.server.config(), {}, [&](kube::Client& client) -> kube::Task<void> {
      CaStore store(
          client,
          {.ns = "kserve", .secret = "modelgate-webhook-ca", .clock = [this] { return kNow + later_; }},
          failures_, [] {});
      store.on_event(
          [this](bool, std::string_view reason, const std::string&) { events_.emplace_back(reason); });
      co_await test(store);
    });
  }
  static kube::SteadyTime soon() { return std::chrono::steady_clock::now() + 10s; }

  StoredCluster cluster_;
  FailureLog failures_;
  BundleHistory history_;
  std::vector<std::string> events_;
  std::chrono::seconds later_ = 0s;
};

TEST_F(Store, CreatesTheSecret) {
  run([&](CaStore& store) -> kube::Task<void> {
    co_await store.refresh();
    EXPECT_TRUE(store.is_current());
    EXPECT_TRUE(store.cas().current);
    EXPECT_EQ(store.rotations(), 1U);
  });
  EXPECT_EQ(events_, std::vector<std::string>{"CertificateAuthorityMadeFirst"});
  EXPECT_NE(cluster_.get(StoredCluster::kSecret), "");
}

TEST_F(Store, FillsAnEmptySecretAndKeepsItsOtherMembers) {
  cluster_.put(StoredCluster::kSecret, R"({"metadata":{"labels":{"a":"b"}}})");
  run([&](CaStore& store) -> kube::Task<void> {
    co_await store.refresh();
    EXPECT_TRUE(store.cas().current);
  });
  EXPECT_TRUE(cluster_.get(StoredCluster::kSecret).contains(R"("a":"b")"));
}

TEST_F(Store, RestoresTheCasOfADeletedSecretAndBeginsARotation) {
  run([&](CaStore& store) -> kube::Task<void> {
    co_await store.refresh();
    const std::string before = store.cas().current->fingerprint();
    cluster_.remove(StoredCluster::kSecret);
    co_await store.read();
    EXPECT_EQ(store.cas().current->fingerprint(), before);
    EXPECT_TRUE(store.cas().next);
  });
}

TEST_F(Store, NeverWritesASecretThatCannotBeDecoded) {
  cluster_.put(StoredCluster::kSecret, R"({"data":{"tls.crt":"YQ=="}})");
  run([&](CaStore& store) -> kube::Task<void> {
    co_await store.refresh();
    EXPECT_FALSE(store.is_current());
    const kube::SteadyTime until = soon();
    co_await store.rotate(history_, std::nullopt, until);
  });
  EXPECT_EQ(cluster_.writes(), 0);
  EXPECT_EQ(failures_.count(), 1U);
}

TEST_F(Store, RotatesOneStepAtATimeAndOnlyWhileItLeads) {
  run([&](CaStore& store) -> kube::Task<void> {
    co_await store.refresh();
    const kube::SteadyTime until = soon();
    co_await store.rotate(history_, std::nullopt, until);
    EXPECT_FALSE(store.cas().next) << "nothing is due";
    later_ = 250 * 24h;  // two thirds of a year are over
    const kube::SteadyTime over = std::chrono::steady_clock::now();
    co_await store.rotate(history_, std::nullopt, over);
    EXPECT_FALSE(store.cas().next) << "the lease has run out";
    co_await store.rotate(history_, std::nullopt, until);
    EXPECT_TRUE(store.cas().next);
    co_await store.rotate(history_, std::nullopt, until);
    EXPECT_FALSE(store.cas().next->published) << "it is in no bundle yet";
  });
  EXPECT_EQ(events_,
            (std::vector<std::string>{"CertificateAuthorityMadeFirst", "CertificateAuthorityMadeNext"}));
}

TEST_F(Store, RotatesOnRequestAndRemovesTheAnnotation) {
  run([&](CaStore& store) -> kube::Task<void> {
    co_await store.refresh();
    std::string secret = cluster_.get(StoredCluster::kSecret);
    const std::string metadata = R"("metadata":{)";
    secret.insert(secret.find(metadata) + metadata.size(),
                  R"("annotations":{"modelgate.io/rotate-ca":"now"},)");
    cluster_.put(StoredCluster::kSecret, secret);
    co_await store.read();
    const kube::SteadyTime until = soon();
    co_await store.rotate(history_, std::nullopt, until);
    EXPECT_TRUE(store.cas().next);
  });
  EXPECT_FALSE(cluster_.get(StoredCluster::kSecret).contains("rotate-ca"));
}

}  // namespace
}  // namespace modelgate::webhook
