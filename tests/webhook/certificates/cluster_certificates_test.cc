// SPDX-License-Identifier: Apache-2.0

// The certificate loop as a whole, with an API server, a clock or other replicas that misbehave. Against a real
// API server: tests/cluster/test_certificates.py.

#include "webhook/certificates/cluster_certificates.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "certs/certificate.h"
#include "tests/webhook/stored_cluster.h"
#include "webhook/certificates/ca_bundle.h"
#include "webhook/certificates/ca_secret.h"

namespace modelgate::webhook {
namespace {

using namespace std::chrono_literals;
using Pair = ClusterCertificates::Pair;

const certs::TimePoint kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

bool eventually(const std::function<bool()>& condition) {
  const auto over = std::chrono::steady_clock::now() + 1min;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > over) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

/// For all replicas; only the test moves it.
class TestClock {
 public:
  certs::TimePoint now() const { return kStart + std::chrono::seconds(seconds_); }
  void forward(std::chrono::seconds time) { seconds_ += time.count(); }

 private:
  std::atomic<std::int64_t> seconds_ = 0;
};

class Replica {
 public:
  Replica(StoredCluster& cluster, const TestClock& clock, bool leads)
      : leads_(leads),
        client_(context_, cluster.server.config()),
        certificates_(client_, options(clock), [this] { return leader_until(); }) {
    certificates_.on_pair([this](Pair pair) {
      const std::lock_guard lock(mutex_);
      pair_ = std::move(pair);
    });
    certificates_.start();
    thread_ = std::jthread([this] { context_.run(); });
  }
  ~Replica() {
    context_.stop();
    thread_.join();
  }
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  void leads(bool now) {
    leads_ = now;
    wake();
  }
  /// The loop runs at once, and not only once a second.
  void wake() {
    kube::asio::post(context_, [this] { certificates_.wake(); });
  }
  Pair pair() {
    const std::lock_guard lock(mutex_);
    return pair_;
  }
  ClusterCertificates& operator*() { return certificates_; }
  ClusterCertificates* operator->() { return &certificates_; }
  bool is_ready() { return pair() && certificates_.bundle_problem().empty(); }

 private:
  static ClusterCertificatesOptions options(const TestClock& clock) {
    ClusterCertificatesOptions options;
    options.rotation.propagation = 0s;  // steady time cannot be moved
    options.clock = [&clock] { return clock.now(); };
    return options;
  }
  kube::SteadyTime leader_until() const {
    return leads_ ? std::chrono::steady_clock::now() + 10s : kube::SteadyTime();
  }

  std::atomic<bool> leads_;
  kube::asio::io_context context_;
  kube::asio::executor_work_guard<kube::asio::io_context::executor_type> work_{context_.get_executor()};
  kube::Client client_;
  ClusterCertificates certificates_;
  std::mutex mutex_;
  Pair pair_;
  std::jthread thread_;
};

class InCluster : public testing::Test {
 protected:
  certs::CaSet cas() {
    const std::string json = cluster_.get(StoredCluster::kSecret);
    if (json.empty()) return {};
    const auto object = kube::Object::read(json);
    CaSecret secret = read_ca_secret(object->value());
    return secret.cas ? std::move(*secret.cas) : certs::CaSet();
  }
  std::string current() {
    const certs::CaSet set = cas();
    return set.current ? set.current->fingerprint() : "";
  }
  bool is_trusted(const Pair& pair) {
    if (!pair) return false;
    for (const std::string& kind : {StoredCluster::kMutating, StoredCluster::kValidating}) {
      const auto object = kube::Object::read(cluster_.get(kind + StoredCluster::kName));
      for (const auto& webhook :
           read_registration(object->value(), {"kserve", "modelgate-webhook"}).webhooks) {
        if (!certs::trusts(webhook.bundle, *pair)) return false;
      }
    }
    return true;
  }
  static bool is_signed_by(const Pair& pair, const certs::CaSet& set) {
    const auto ca = certs::read_certificates(set.current->certificate_pem());
    return pair && certs::trusts(*ca, *pair);
  }

  TestClock clock_;
  StoredCluster cluster_;
};

TEST_F(InCluster, TheFirstReplicaCreatesTheSecretAndTheLeaderWritesTheBundle) {
  cluster_.registers({"a", "b"});
  Replica replica(cluster_, clock_, true);
  ASSERT_TRUE(eventually([&] { return replica.is_ready(); })) << replica->bundle_problem();
  EXPECT_TRUE(is_trusted(replica.pair()));
  EXPECT_TRUE(is_signed_by(replica.pair(), cas()));
  EXPECT_EQ(replica->counts().errors, 0U);
  EXPECT_EQ(replica->counts().bundle_writes, 2U);
}

TEST_F(InCluster, TwoReplicasThatStartTogetherAgreeOnOneCa) {
  for (int i = 0; i < 10; ++i) {
    cluster_.remove(StoredCluster::kSecret);
    cluster_.registers({"a"});
    Replica one(cluster_, clock_, true);
    Replica two(cluster_, clock_, false);
    ASSERT_TRUE(eventually([&] { return one.is_ready() && two.is_ready(); }))
        << one->bundle_problem() << two->bundle_problem();
    EXPECT_TRUE(is_signed_by(one.pair(), cas()));
    EXPECT_TRUE(is_signed_by(two.pair(), cas()));
    EXPECT_EQ(one->counts().errors + two->counts().errors, 0U);
  }
}

TEST_F(InCluster, AFollowerWritesNoBundleAndIsNotReadyWithoutOne) {
  cluster_.registers({"a"});
  Replica replica(cluster_, clock_, false);
  ASSERT_TRUE(eventually([&] { return replica->bundle_problem().contains("caBundle of webhook a"); }));
  EXPECT_EQ(cluster_.writes(), 1) << "the Secret";
  replica.leads(true);
  EXPECT_TRUE(eventually([&] { return replica.is_ready(); }));
}

TEST_F(InCluster, IsReadyWithoutARegistration) {
  Replica replica(cluster_, clock_, false);
  EXPECT_TRUE(eventually([&] { return replica.is_ready(); }));
}

TEST_F(InCluster, ASecretThatCannotBeDecodedIsNotWritten) {
  cluster_.registers({"a"});
  cluster_.put(StoredCluster::kSecret, R"({"data":{"tls.crt":"YQ=="}})");
  const std::string before = cluster_.get(StoredCluster::kSecret);
  Replica replica(cluster_, clock_, true);
  ASSERT_TRUE(eventually([&] { return replica->counts().errors > 0; }));
  for (int i = 0; i < 5; ++i) replica.wake();
  EXPECT_EQ(cluster_.get(StoredCluster::kSecret), before);
  EXPECT_EQ(cluster_.writes(), 0);
  EXPECT_FALSE(replica.is_ready());
  cluster_.remove(StoredCluster::kSecret);
  EXPECT_TRUE(eventually([&] { return replica.is_ready(); }));
}

TEST_F(InCluster, RetriesWhileItIsForbidden) {
  std::atomic<bool> forbidden = true;
  cluster_.server.on("POST", StoredCluster::kSecrets, [&](kube::FakeExchange& x) {
    if (forbidden) return x.status(403, "Forbidden");
    cluster_.put(StoredCluster::kSecret, x.request().body);
    x.reply(201, cluster_.get(StoredCluster::kSecret));
  });
  Replica replica(cluster_, clock_, true);
  ASSERT_TRUE(eventually([&] { return replica->counts().errors > 0; }));
  EXPECT_EQ(replica.pair(), nullptr);
  forbidden = false;
  EXPECT_TRUE(eventually([&] { return replica.is_ready(); }));
}

TEST_F(InCluster, ReadsAgainAfterAConflict) {
  cluster_.registers({"a"});
  Replica replica(cluster_, clock_, true);
  ASSERT_TRUE(eventually([&] { return replica.is_ready(); }));
  const std::string first = current();
  cluster_.server.once("PATCH", StoredCluster::kSecret,
                       [&](kube::FakeExchange& x) { x.status(409, "Conflict"); });
  cluster_.server.once("PATCH", StoredCluster::kMutating + StoredCluster::kName,
                       [&](kube::FakeExchange& x) { x.status(409, "Conflict"); });
  clock_.forward(250 * 24h);
  replica.wake();
  ASSERT_TRUE(eventually([&] { return !current().empty() && current() != first; }));
  ASSERT_TRUE(eventually([&] { return is_signed_by(replica.pair(), cas()) && is_trusted(replica.pair()); }));
  EXPECT_EQ(replica->counts().errors, 0U) << "a conflict is not an error";
}

TEST_F(InCluster, CatchesUpAfterAMachineWasSuspended) {
  cluster_.registers({"a"});
  Replica replica(cluster_, clock_, true);
  ASSERT_TRUE(eventually([&] { return replica.is_ready(); }));
  const Pair first = replica.pair();
  clock_.forward(20 * 24h - 1s);
  replica.wake();
  std::this_thread::sleep_for(20ms);  // a run of the loop with nothing to do
  EXPECT_EQ(replica.pair(), first);
  clock_.forward(1s);
  EXPECT_TRUE(eventually([&] { return replica.pair() != first; })) << "without wake()";
  EXPECT_TRUE(is_trusted(replica.pair()));
}

TEST_F(InCluster, RecoversAtOnceAfterAYearOff) {
  cluster_.registers({"a"});
  std::string first;
  {
    Replica replica(cluster_, clock_, true);
    ASSERT_TRUE(eventually([&] { return replica.is_ready(); }));
    first = current();
  }
  clock_.forward(400 * 24h);
  Replica replica(cluster_, clock_, true);
  ASSERT_TRUE(eventually([&] { return replica.is_ready(); })) << replica->bundle_problem();
  EXPECT_NE(current(), first);
  EXPECT_TRUE(replica.pair()->check_dates(clock_.now()));
  EXPECT_TRUE(is_trusted(replica.pair()));
}

TEST_F(InCluster, WithoutTheApiServerALeafIsRenewedOnlyAfterItHasExpired) {
  Replica replica(cluster_, clock_, false);
  ASSERT_TRUE(eventually([&] { return replica.is_ready(); }));
  const Pair first = replica.pair();
  cluster_.server.on("GET", StoredCluster::kSecret,
                     [](kube::FakeExchange& x) { x.status(500, "InternalError"); });
  std::this_thread::sleep_for(1100ms);  // what was read is not fresh any more
  clock_.forward(29 * 24h);
  const std::uint64_t errors = replica->counts().errors;
  replica.wake();
  ASSERT_TRUE(eventually([&] { return replica->counts().errors > errors + 1; }));
  EXPECT_EQ(replica.pair(), first) << "its CA may have been replaced";
  clock_.forward(24h);
  EXPECT_TRUE(eventually([&] { return replica.pair() != first; }))
      << "any leaf is better than an expired one";
}

TEST_F(InCluster, RestoresADeletedSecretAndBeginsARotation) {
  cluster_.registers({"a"});
  Replica replica(cluster_, clock_, false);
  ASSERT_TRUE(eventually([&] { return replica.pair() != nullptr; }));
  const std::string first = current();
  cluster_.remove(StoredCluster::kSecret);
  ASSERT_TRUE(eventually([&] { return current() == first; }));
  EXPECT_TRUE(cas().next.has_value());
}

}  // namespace
}  // namespace modelgate::webhook
