// SPDX-License-Identifier: Apache-2.0
//
// CatalogWatch: when it builds a snapshot, what the snapshot contains, and how it handles a bad
// configuration.
#include "kube/catalog_watch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <thread>

#include "tests/kube/watched_kind.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kBuiltinRuntime = "kserve-sklearnserver";

std::string runtime(std::string_view name, std::string_view version, std::string_view format = "a",
                    std::string_view kind = "ClusterServingRuntime") {
  return object(
      name, version, kind,
      fmt::format(R"(,"spec":{{"supportedModelFormats":[{{"name":"{}"}}],"containers":[]}})", format));
}

/// `mode`: the value of deploy.defaultDeploymentMode.
std::string configuration(std::string_view version, std::string_view mode) {
  return object("inferenceservice-config", version, "ConfigMap",
                fmt::format(R"(,"data":{{"deploy":"{{\"defaultDeploymentMode\":\"{}\"}}"}})", mode));
}

class CatalogWatchTest : public testing::Test {
 protected:
  CatalogWatchTest() {
    for (WatchedKind* kind : all_) kind->list("10", {});
  }

  void start() { watch_.start(); }
  bool updates(std::size_t count) {
    return run_until(context_, [&] { return updates_.size() >= count; });
  }
  void run_for(std::chrono::milliseconds time) {
    context_.restart();
    context_.run_for(time);
  }
  /// Of the last catalog.
  const spec::Catalog& catalog() const { return *catalog_; }
  std::string mode() const { return catalog_->configuration().deploy.default_deployment_mode; }
  /// Sends events to a watch that the test starts later.
  void send(WatchedKind& kind, std::vector<std::string> events) {
    kind.stream([events = std::move(events)](FakeExchange& x) {
      for (const std::string& e : events) x.send(e);
      x.wait_for_close();
    });
  }
  /// Every kind is watched.
  bool watching() {
    return run_until(context_, [&] {
      return watch_.connected() &&
             std::ranges::all_of(all_, [](const WatchedKind* kind) { return !kind->watched_from().empty(); });
    });
  }
  /// Ends the current watch of each kind, and waits for the next one.
  void move_on() {
    ASSERT_TRUE(watching());
    const std::vector<std::uint64_t> before = watches();
    server_.cut_all();
    ASSERT_TRUE(run_until(context_, [&] {
      return watch_.connected() && std::ranges::equal(watches(), before, std::ranges::greater());
    }));
  }
  std::vector<std::uint64_t> watches() const {
    std::vector<std::uint64_t> counts;
    for (const CatalogKindState& kind : watch_.kinds()) counts.push_back(kind.counts.watches);
    return counts;
  }

  FakeApiServer server_;
  WatchedKind config_maps_{server_, kConfigMaps, "kserve"};
  WatchedKind runtimes_{server_, kServingRuntimes};
  WatchedKind cluster_runtimes_{server_, kClusterServingRuntimes};
  WatchedKind containers_{server_, kClusterStorageContainers};
  WatchedKind caches_{server_, kLocalModelCaches};
  WatchedKind ns_caches_{server_, kLocalModelNamespaceCaches};
  const std::array<WatchedKind*, 6> all_{&config_maps_, &runtimes_, &cluster_runtimes_,
                                         &containers_,  &caches_,   &ns_caches_};
  asio::io_context context_{1};
  Client client_{context_, server_.config()};
  std::deque<CatalogUpdate> updates_;
  std::shared_ptr<const spec::Catalog> catalog_;
  CatalogWatch watch_{client_, {.longest_backoff = 40ms}, [this](CatalogUpdate update) {
                        if (update.catalog) catalog_ = update.catalog;
                        updates_.push_back(std::move(update));
                      }};
};

TEST_F(CatalogWatchTest, WaitsForEveryKind) {
  std::atomic<bool> go = false;
  ns_caches_.next_list([&](FakeExchange& x) {
    while (!go) std::this_thread::sleep_for(1ms);
    x.reply(200, R"({"metadata":{"resourceVersion":"10"},"items":[]})");
  });
  start();
  run_for(100ms);
  EXPECT_TRUE(updates_.empty());
  EXPECT_FALSE(watch_.synced());
  go = true;
  ASSERT_TRUE(updates(1));
  EXPECT_TRUE(watch_.synced());
  EXPECT_EQ(catalog().generation(), 1U);
}

TEST_F(CatalogWatchTest, HasTheObjectsOfTheCluster) {
  config_maps_.list("10", {configuration("5", "Knative")});
  runtimes_.list("10", {object("mine", "6", "ServingRuntime")});
  cluster_runtimes_.list("10", {runtime("theirs", "7")});
  containers_.list("10", {object("box", "8", "ClusterStorageContainer")});
  caches_.list("10", {object("cached", "9", "LocalModelCache", R"(,"spec":{"sourceModelUri":"s3://b/m"})")});
  start();
  ASSERT_TRUE(updates(1));
  EXPECT_EQ(mode(), "Knative");
  EXPECT_NE(catalog().find_cluster_runtime("theirs"), nullptr);
  EXPECT_THAT(catalog().local_models(), testing::SizeIs(1));
  EXPECT_TRUE(std::ranges::any_of(catalog().storage_containers(),
                                  [](const auto& c) { return c.metadata().name() == "box"; }));
  EXPECT_EQ(updates_.front().config_map_uid, "uid-inferenceservice-config");
  EXPECT_THAT(updates_.front().refused, IsEmpty());
}

TEST_F(CatalogWatchTest, TheClustersRuntimeReplacesTheBuiltInOne) {
  cluster_runtimes_.list("10", {runtime(kBuiltinRuntime, "7", "mine")});
  start();
  ASSERT_TRUE(updates(1));
  ASSERT_NE(catalog().find_cluster_runtime(kBuiltinRuntime), nullptr);
  EXPECT_EQ(catalog().find_cluster_runtime(kBuiltinRuntime)->formats.front().name, "mine");

  ASSERT_TRUE(watching());
  send(cluster_runtimes_, {event("DELETED", runtime(kBuiltinRuntime, "11", "mine"))});
  move_on();
  ASSERT_TRUE(updates(2));
  ASSERT_NE(catalog().find_cluster_runtime(kBuiltinRuntime), nullptr);
  EXPECT_EQ(catalog().find_cluster_runtime(kBuiltinRuntime)->formats.front().name, "sklearn");
}

TEST_F(CatalogWatchTest, WithoutBuiltInRuntimesThereAreNone) {
  CatalogUpdate update;
  CatalogWatch bare(client_, {.builtin_runtimes = false}, [&](CatalogUpdate n) { update = std::move(n); });
  bare.start();
  ASSERT_TRUE(run_until(context_, [&] { return update.catalog != nullptr; }));
  EXPECT_THAT(update.catalog->cluster_runtimes(), IsEmpty());
}

TEST_F(CatalogWatchTest, ABadConfigurationChangesNothing) {
  config_maps_.list("10", {configuration("5", "Knative")});
  start();
  ASSERT_TRUE(updates(1));
  ASSERT_TRUE(watching());
  send(config_maps_, {event("MODIFIED", configuration("11", "Nonsense"))});
  move_on();
  ASSERT_TRUE(run_until(context_, [&] { return !updates_.back().refused.empty(); }));
  EXPECT_EQ(mode(), "Knative");
  EXPECT_EQ(updates_.back().catalog, nullptr);
  EXPECT_THAT(updates_.back().refused, ElementsAre(HasSubstr("deploy: defaultDeploymentMode")));
  const std::size_t before = updates_.size();
  const std::uint64_t generation = catalog().generation();

  // Changed runtimes do not report the configuration again.
  send(config_maps_, {});
  send(cluster_runtimes_, {event("ADDED", runtime("new", "12"))});
  move_on();
  ASSERT_TRUE(updates(before + 1));
  EXPECT_THAT(updates_.back().refused, IsEmpty());
  EXPECT_EQ(catalog().generation(), generation + 1);
  EXPECT_NE(catalog().find_cluster_runtime("new"), nullptr);
  EXPECT_EQ(mode(), "Knative");

  send(config_maps_, {event("MODIFIED", configuration("13", "Standard"))});
  move_on();
  ASSERT_TRUE(updates(before + 2));
  EXPECT_EQ(mode(), "Standard");
}

TEST_F(CatalogWatchTest, ABadFirstConfigurationLeavesTheBuiltInOne) {
  config_maps_.list("10", {configuration("5", "Nonsense")});
  start();
  ASSERT_TRUE(updates(1));
  EXPECT_EQ(mode(), "Standard");
  EXPECT_THAT(updates_.front().refused, testing::SizeIs(1));
  ASSERT_NE(updates_.front().catalog, nullptr);
}

TEST_F(CatalogWatchTest, WithoutAConfigurationTheBuiltInOneIsUsed) {
  config_maps_.list("10", {configuration("5", "Knative")});
  send(config_maps_, {event("DELETED", configuration("11", "Knative"))});
  start();
  ASSERT_TRUE(run_until(context_, [&] { return catalog_ && mode() == "Standard"; }));
  EXPECT_EQ(updates_.back().config_map_uid, "");
}

TEST_F(CatalogWatchTest, ABurstCausesOneSnapshot) {
  std::vector<std::string> events;
  for (int i = 0; i < 50; ++i)
    events.push_back(event("ADDED", runtime(fmt::format("r{}", i), std::to_string(20 + i))));
  std::string all;
  for (const std::string& e : events) all += e;
  std::atomic<bool> go = false;
  cluster_runtimes_.next_list(
      [](FakeExchange& x) { x.reply(200, R"({"metadata":{"resourceVersion":"10"},"items":[]})"); });
  cluster_runtimes_.stream([&](FakeExchange& x) {
    while (!go) std::this_thread::sleep_for(1ms);
    x.send(all);
    x.wait_for_close();
  });
  start();
  ASSERT_TRUE(updates(1));
  go = true;
  ASSERT_TRUE(run_until(context_, [&] { return catalog().find_cluster_runtime("r49") != nullptr; }));
  EXPECT_LT(updates_.size(), 10U);  // two or three, not fifty
}

TEST_F(CatalogWatchTest, TheSameListAgainIsNoUpdate) {
  cluster_runtimes_.list("10", {runtime("theirs", "7")});
  start();
  ASSERT_TRUE(updates(1));
  ASSERT_TRUE(watching());
  cluster_runtimes_.next_watch([](FakeExchange& x) { x.status(410, "Expired"); });
  const std::size_t lists = cluster_runtimes_.lists();
  move_on();
  ASSERT_TRUE(run_until(context_, [&] { return cluster_runtimes_.lists() > lists && watch_.connected(); }));
  run_for(50ms);
  EXPECT_EQ(updates_.size(), 1U);
  EXPECT_EQ(catalog().generation(), 1U);
}

TEST_F(CatalogWatchTest, AnInvalidRuntimeIsLeftOutAndReportedOnce) {
  cluster_runtimes_.list("10",
                         {object("odd", "7", "ClusterServingRuntime", R"(,"spec":{"containers":"none"})"),
                          runtime("good", "8")});
  send(cluster_runtimes_, {event("ADDED", runtime("better", "11"))});
  start();
  ASSERT_TRUE(run_until(context_, [&] { return catalog_ && catalog().find_cluster_runtime("better"); }));
  EXPECT_EQ(catalog().find_cluster_runtime("odd"), nullptr);
  EXPECT_NE(catalog().find_cluster_runtime("good"), nullptr);
  std::size_t warnings = 0;
  for (const CatalogUpdate& n : updates_) warnings += n.warnings.size();
  EXPECT_EQ(warnings, 1U);
  EXPECT_THAT(updates_.front().warnings,
              ElementsAre(HasSubstr("ClusterServingRuntime odd is left out: spec.containers")));
}

TEST_F(CatalogWatchTest, AKindMayBeInstalledLater) {
  cluster_runtimes_.set_absent(true);
  cluster_runtimes_.list("10", {runtime("theirs", "7")});
  start();
  ASSERT_TRUE(updates(1));
  EXPECT_EQ(catalog().find_cluster_runtime("theirs"), nullptr);
  cluster_runtimes_.set_absent(false);
  ASSERT_TRUE(updates(2));
  EXPECT_NE(catalog().find_cluster_runtime("theirs"), nullptr);
}

TEST_F(CatalogWatchTest, AnUnreachableServerKeepsTheLastCatalog) {
  cluster_runtimes_.list("10", {runtime("theirs", "7")});
  start();
  ASSERT_TRUE(updates(1));
  ASSERT_TRUE(watching());
  server_.stop();
  ASSERT_TRUE(run_until(context_, [&] { return !watch_.connected(); }));
  EXPECT_TRUE(watch_.synced());
  server_.start();
  ASSERT_TRUE(run_until(context_, [&] { return watch_.connected(); }));
  EXPECT_EQ(updates_.size(), 1U);
}

}  // namespace
}  // namespace modelgate::kube
