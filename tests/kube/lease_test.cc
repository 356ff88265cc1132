// SPDX-License-Identifier: Apache-2.0
//
// Leader election against a fake API server that stores one Lease with resourceVersions.
#include "kube/lease.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>

#include "spec/view.h"
#include "tests/kube/client/fake_api_server.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLeases_ = "/apis/coordination.k8s.io/v1/namespaces/ns/leases";
constexpr const char* kLease = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/lease";

/// Short enough to wait for. A Lease states its duration in whole seconds, so one second is the shortest.
struct Times {
  std::chrono::milliseconds duration = 1s;
  std::chrono::milliseconds renew = 300ms;
  std::chrono::milliseconds retry = 20ms;
};

/// No test waits until such a lease expires.
constexpr Times kNeverExpires{.duration = 1h, .renew = 30s, .retry = 500ms};

/// The stored Lease, with its resourceVersion.
class StoredLease {
 public:
  explicit StoredLease(FakeApiServer& server) : server_(server) {
    server.on("GET", kLease, [this](FakeExchange& x) {
      const std::lock_guard lock(mutex_);
      json_.empty() ? x.status(404, "NotFound") : x.reply(200, json_);
    });
    server.on("POST", kLeases_, [this](FakeExchange& x) {
      const std::lock_guard lock(mutex_);
      if (!json_.empty()) return x.status(409, "AlreadyExists");
      write(x.request().body);
      x.reply(201, json_);
    });
    server.on("PUT", kLease, [this](FakeExchange& x) { put(x, false); });
  }
  ~StoredLease() { server_.stop(); }
  StoredLease(const StoredLease&) = delete;
  StoredLease& operator=(const StoredLease&) = delete;

  /// Writes the Lease, as another client.
  void set(const std::string& body) {
    const std::lock_guard lock(mutex_);
    write(body);
  }
  LeaseRecord record() {
    const std::lock_guard lock(mutex_);
    spec::Arena arena;
    const auto value = spec::parse_json(json_.empty() ? "{}" : json_, arena);
    return value ? read_lease(*value) : LeaseRecord{};
  }
  /// Stores the next PUT and loses its answer.
  void lose_the_next_answer() {
    server_.once("PUT", kLease, [this](FakeExchange& x) { put(x, true); });
  }

 private:
  void put(FakeExchange& x, bool cut) {
    const std::lock_guard lock(mutex_);
    const std::string expected = fmt::format(R"("resourceVersion":"{}")", version_);
    if (x.request().body.find(expected) == std::string::npos) return x.status(409, "Conflict");
    write(x.request().body);
    cut ? x.cut() : x.reply(200, json_);
  }

  /// With the lock held.
  void write(const std::string& body) {
    spec::Arena arena;
    auto value = spec::parse_json(body, arena);
    ASSERT_TRUE(value) << body;
    spec::Value metadata = spec::find(*value, "metadata")
                               ? spec::clone(*spec::find(*value, "metadata"), arena)
                               : spec::Value(rapidjson::kObjectType);
    spec::set_member(metadata, "resourceVersion", spec::make_string(std::to_string(++version_), arena),
                     arena);
    spec::set_member(*value, "metadata", std::move(metadata), arena);
    json_ = spec::to_json(*value);
  }

  FakeApiServer& server_;
  std::mutex mutex_;
  std::string json_;
  int version_ = 0;
};

/// A candidate and the changes that it was notified of.
struct Contender {
  Contender(Client& client, const std::string& identity, Times times = {})
      : elector(client, {.ns = "ns",
                         .name = "lease",
                         .identity = identity,
                         .duration = times.duration,
                         .renew = times.renew,
                         .retry = times.retry}) {
    elector.on_change([this](bool leads) { changes.push_back(leads); });
    spawn(client.context(), identity, [this] { return elector.run(); });
  }
  bool leads() const { return elector.is_leader(std::chrono::steady_clock::now()); }

  LeaderElector elector;
  std::vector<bool> changes;
};

/// Waits until `check` holds; false after a minute, which only a failing test takes.
Task<bool> eventually(std::function<bool()> check) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + 1min;
  while (!check()) {
    if (std::chrono::steady_clock::now() > deadline) co_return false;
    co_await sleep_for(2ms);
  }
  co_return true;
}

std::string lease_of(const std::string& holder, int seconds = 1) {
  return fmt::format(R"({{"metadata":{{"name":"lease"}},"spec":{{"holderIdentity":"{}",)"
                     R"("leaseDurationSeconds":{},"renewTime":"2999-01-01T00:00:00.000000Z"}}}})",
                     holder, seconds);
}

class LeaderElectorTest : public testing::Test {
 protected:
  void run(std::function<Task<void>(Client&)> test) {
    run_with_client(server_.config(), {}, std::move(test));
  }

  FakeApiServer server_;
  StoredLease lease_{server_};
};

TEST_F(LeaderElectorTest, CreatesAMissingLeaseInItsFirstAttempt) {
  run([&](Client& client) -> Task<void> {
    Contender a(client, "a");
    const bool leads = co_await eventually([&] { return a.leads(); });
    EXPECT_TRUE(leads);
    const std::vector<FakeRequest> requests = server_.requests();
    EXPECT_EQ(requests.at(0).method, "GET");
    EXPECT_EQ(requests.at(1).method, "POST");
    EXPECT_EQ(lease_.record().holder, "a");
    EXPECT_EQ(lease_.record().duration, 1s);
    EXPECT_EQ(a.elector.holder(), "a");
    co_await a.elector.release();
    EXPECT_EQ(a.changes, (std::vector<bool>{true, false}));
  });
}

TEST_F(LeaderElectorTest, OneOfTwoLeadsAndTheOtherTakesAReleasedLease) {
  run([&](Client& client) -> Task<void> {
    Contender a(client, "a", kNeverExpires);
    Contender b(client, "b", kNeverExpires);
    const bool one = co_await eventually([&] { return a.leads() || b.leads(); });
    EXPECT_TRUE(one);
    Contender& first = a.leads() ? a : b;
    Contender& second = a.leads() ? b : a;
    EXPECT_FALSE(second.leads());
    co_await first.elector.release();
    const bool taken = co_await eventually([&] { return second.leads(); });
    EXPECT_TRUE(taken);
    EXPECT_EQ(lease_.record().transitions, 1);
    co_await second.elector.release();
    EXPECT_EQ(second.changes, (std::vector<bool>{true, false}));
  });
}

TEST_F(LeaderElectorTest, TakesOverOnceTheHolderHasNotRenewedForItsDuration) {
  lease_.set(lease_of("gone"));
  run([&](Client& client) -> Task<void> {
    const SteadyTime began = std::chrono::steady_clock::now();
    Contender a(client, "a");
    const bool leads = co_await eventually([&] { return a.leads(); });
    EXPECT_TRUE(leads);
    EXPECT_GE(std::chrono::steady_clock::now() - began, Times().duration);
    co_await a.elector.release();
  });
}

TEST_F(LeaderElectorTest, KeepsLeadingIfAnotherClientChangesTheLease) {
  run([&](Client& client) -> Task<void> {
    Contender a(client, "a");
    bool leads = co_await eventually([&] { return a.leads(); });
    EXPECT_TRUE(leads);
    lease_.set(lease_of("a"));  // another version
    const int puts = server_.count("PUT", kLease);
    leads = co_await eventually([&] { return server_.count("PUT", kLease) > puts + 2; });
    EXPECT_TRUE(leads && a.leads());
    co_await a.elector.release();
    EXPECT_EQ(a.changes, (std::vector<bool>{true, false}));
  });
}

TEST_F(LeaderElectorTest, StopsLeadingIfAnotherHoldsTheLease) {
  run([&](Client& client) -> Task<void> {
    Contender a(client, "a");
    const bool leads = co_await eventually([&] { return a.leads(); });
    EXPECT_TRUE(leads);
    lease_.set(lease_of("thief", 3600));
    const bool lost = co_await eventually([&] { return !a.leads(); });
    EXPECT_TRUE(lost);
    EXPECT_EQ(a.elector.holder(), "thief");
    co_await a.elector.release();
    EXPECT_EQ(lease_.record().holder, "thief") << "another holder's lease is not released";
    EXPECT_EQ(a.changes, (std::vector<bool>{true, false}));
  });
}

TEST_F(LeaderElectorTest, StopsLeadingWhileTheApiServerIsUnreachable) {
  run([&](Client& client) -> Task<void> {
    Contender a(client, "a");
    bool leads = co_await eventually([&] { return a.leads(); });
    EXPECT_TRUE(leads);
    const SteadyTime until = a.elector.leader_until();
    server_.stop();
    const bool stopped = co_await eventually([&] { return a.changes.size() == 2; });
    EXPECT_TRUE(stopped);
    EXPECT_LE(a.elector.leader_until(), until + Times().renew);
    server_.start();
    leads = co_await eventually([&] { return a.leads(); });
    EXPECT_TRUE(leads) << "it does not lead again";
    co_await a.elector.release();
  });
}

TEST_F(LeaderElectorTest, LeadsAlthoughTheAnswerWasLost) {
  lease_.set(lease_of(""));
  lease_.lose_the_next_answer();
  run([&](Client& client) -> Task<void> {
    Contender a(client, "a");
    const bool leads = co_await eventually([&] { return a.leads(); });
    EXPECT_TRUE(leads);
    EXPECT_EQ(lease_.record().transitions, 1) << "it took the lease from itself";
    co_await a.elector.release();
  });
}

TEST_F(LeaderElectorTest, RecreatesADeletedLease) {
  run([&](Client& client) -> Task<void> {
    Contender a(client, "a");
    bool leads = co_await eventually([&] { return a.leads(); });
    EXPECT_TRUE(leads);
    server_.once("PUT", kLease, [](FakeExchange& x) { x.status(404, "NotFound"); });
    const int puts = server_.count("PUT", kLease);
    leads = co_await eventually([&] { return server_.count("PUT", kLease) > puts + 3; });
    EXPECT_TRUE(leads && a.leads());
    co_await a.elector.release();
  });
}

struct OptionsCase {
  const char* name;
  LeaseOptions options;
};

class LeaseOptionsTest : public testing::TestWithParam<OptionsCase> {};

TEST_P(LeaseOptionsTest, AreRejected) {
  FakeApiServer server;
  asio::io_context context;
  Client client(context, server.config());
  EXPECT_THROW(LeaderElector(client, GetParam().options), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(
    Table, LeaseOptionsTest,
    testing::Values(OptionsCase{"NoIdentity", {.ns = "ns", .name = "a", .identity = ""}},
                    OptionsCase{"RenewAsLongAsDuration",
                                {.ns = "ns", .name = "a", .identity = "a", .duration = 10s, .renew = 10s}},
                    OptionsCase{"RetryAsLongAsRenew",
                                {.ns = "ns", .name = "a", .identity = "a", .renew = 2s, .retry = 2s}},
                    OptionsCase{"NoRetry", {.ns = "ns", .name = "a", .identity = "a", .retry = 0s}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace modelgate::kube
