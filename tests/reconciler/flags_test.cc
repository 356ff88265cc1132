// SPDX-License-Identifier: Apache-2.0
#include "reconciler/flags.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "tests/process/parsed_flags.h"

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;
using process::FlagsEnd;

std::variant<Flags, FlagsEnd> parse(const std::vector<std::string>& arguments) {
  return process::parsed(parse_flags, arguments);
}
Flags good(const std::vector<std::string>& arguments) {
  return process::good_flags(parse_flags, arguments);
}

TEST(ReconcilerFlags, Defaults) {
  const Flags flags = good({});
  EXPECT_EQ(flags.health->to_text(), ":8081");
  EXPECT_EQ(flags.metrics->to_text(), ":8080");
  EXPECT_EQ(flags.log.format, log::Format::kJson);
  EXPECT_EQ(flags.cluster.lease, "modelgate-reconciler");
  EXPECT_EQ(flags.cluster.ns, "");
  EXPECT_EQ(flags.watch_namespace, "");
  EXPECT_TRUE(flags.builtin_runtimes);
  EXPECT_TRUE(flags.leader_elect);
  EXPECT_EQ(flags.workers, 8);
  EXPECT_EQ(flags.resync, 10h);
  EXPECT_EQ(flags.shutdown_timeout, 20s);
  EXPECT_FALSE(flags.dry_run);
}

TEST(ReconcilerFlags, Given) {
  const Flags flags =
      good({"--kubeconfig=/k", "--namespace=ns", "--lease=l", "--watch-namespace=team", "--workers=64",
            "--resync=0", "--shutdown-timeout=1m", "--builtin-runtimes=false", "--kube-api-qps=7"});
  EXPECT_EQ(flags.cluster.kubeconfig, "/k");
  EXPECT_EQ(flags.cluster.ns, "ns");
  EXPECT_EQ(flags.cluster.lease, "l");
  EXPECT_EQ(flags.cluster.qps, 7);
  EXPECT_EQ(flags.watch_namespace, "team");
  EXPECT_EQ(flags.workers, 64);
  EXPECT_EQ(flags.resync, 0s);
  EXPECT_EQ(flags.shutdown_timeout, 1min);
  EXPECT_FALSE(flags.builtin_runtimes);
}

TEST(ReconcilerFlags, SwitchesTakeAnOptionalValue) {
  EXPECT_TRUE(good({"--dry-run"}).dry_run);
  EXPECT_FALSE(good({"--dry-run=false"}).dry_run);
  EXPECT_TRUE(good({"--leader-elect"}).leader_elect);
  EXPECT_FALSE(good({"--leader-elect=false"}).leader_elect);
}

TEST(ReconcilerFlags, AcceptsKservesNamesWithOneDashLikeGo) {
  const Flags flags = good({"-metrics-addr=127.0.0.1:8080", "-health-probe-addr", "0", "-leader-elect=false",
                            "-zap-encoder=console", "-zap-log-level=debug"});
  EXPECT_EQ(flags.metrics->to_text(), "127.0.0.1:8080");
  EXPECT_FALSE(flags.health.has_value());
  EXPECT_FALSE(flags.leader_elect);
  EXPECT_EQ(flags.log.format, log::Format::kText);
  EXPECT_EQ(flags.log.level, log::Level::kDebug);
}

TEST(ReconcilerFlags, HelpNamesEveryFlagWithItsDefault) {
  const auto parsed = parse({"--help"});
  const auto* end = std::get_if<FlagsEnd>(&parsed);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->exit_code, 0);
  for (const char* part : {"--workers COUNT=8", "--resync,--sync-period DURATION=10h", "--watch-namespace",
                           "--dry-run", "--lease NAME=modelgate-reconciler", "--kube-api-qps COUNT=300",
                           "--metrics-bind-address,--metrics-addr", "--shutdown-timeout DURATION=20s"}) {
    EXPECT_NE(end->text.find(part), std::string::npos) << part << "\nin\n" << end->text;
  }
}

struct BadCase {
  const char* name;
  const char* argument;
  const char* message;  // a part of it
};

class BadReconcilerFlags : public testing::TestWithParam<BadCase> {};

TEST_P(BadReconcilerFlags, ExitWith2AndNameTheFlag) {
  const auto parsed = parse({GetParam().argument});
  const auto* end = std::get_if<FlagsEnd>(&parsed);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->exit_code, 2);
  EXPECT_NE(end->text.find(GetParam().message), std::string::npos) << end->text;
}

INSTANTIATE_TEST_SUITE_P(Table, BadReconcilerFlags,
                         testing::Values(BadCase{"Unknown", "--nosuch", "--nosuch"},
                                         BadCase{"OfTheWebhook", "--webhook-port=9443", "--webhook-port"},
                                         BadCase{"NoWorkers", "--workers=0", "from 1 to 64"},
                                         BadCase{"TooManyWorkers", "--workers=65", "from 1 to 64"},
                                         BadCase{"Resync", "--resync=10", "--resync"},
                                         BadCase{"Namespaces", "--watch-namespace=a,b", "--watch-namespace"},
                                         BadCase{"DryRun", "--dry-run=server", "true or false"},
                                         BadCase{"Address", "--metrics-addr=example.com:80",
                                                 "--metrics-addr"}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::reconciler
