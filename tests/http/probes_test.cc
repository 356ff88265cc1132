// SPDX-License-Identifier: Apache-2.0
#include "http/probes.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace modelgate::http {
namespace {

class NoLater final : public ReplyLater {
  void reply(Reply) override { FAIL() << "probes answer at once"; }
  RunOnThread thread() override { return {}; }
};

Reply ask(ProbePaths paths, std::string failure, std::string_view method, std::string_view path,
          std::string_view query = "") {
  ProbeHandler handler(paths,
                       {{"first", [] { return std::string(); }}, {"second", [failure] { return failure; }}},
                       [] { return std::string("metrics"); });
  NoLater later;
  return *handler.handle({.method = method, .path = path, .query = query, .content_type = "", .body = ""},
                         later);
}

TEST(ProbesHealth, FailsWithTheReason) {
  std::string wrong;
  ProbeHandler handler(
      {.health = true, .metrics = false}, {}, [] { return std::string(); }, [&wrong] { return wrong; });
  const auto ask_health = [&] {
    NoLater later;
    return *handler.handle({.method = "GET", .path = "/healthz", .query = "", .content_type = "", .body = ""},
                           later);
  };
  EXPECT_EQ(ask_health().status, 200);
  wrong = "the thread is silent";
  EXPECT_EQ(ask_health().status, 503);
  EXPECT_NE(ask_health().body.find(wrong), std::string::npos);
}

struct ProbeCase {
  const char* name;
  ProbePaths paths;
  const char* failure;
  const char* method;
  const char* path;
  const char* query;
  int status;
  const char* part;  // of the body
};

class Probes : public testing::TestWithParam<ProbeCase> {};

TEST_P(Probes, Answer) {
  const ProbeCase& probe = GetParam();
  const Reply reply = ask(probe.paths, probe.failure, probe.method, probe.path, probe.query);
  EXPECT_EQ(reply.status, probe.status);
  EXPECT_NE(reply.body.find(probe.part), std::string::npos) << reply.body;
  EXPECT_EQ(reply.allow, probe.status == 405 ? "GET" : "");
}

constexpr ProbePaths kHealth{.health = true, .metrics = false};
constexpr ProbePaths kMetrics{.health = false, .metrics = true};
constexpr ProbePaths kBoth{.health = true, .metrics = true};

INSTANTIATE_TEST_SUITE_P(
    Table, Probes,
    testing::Values(
        ProbeCase{"Alive", kHealth, "", "GET", "/healthz", "", 200, "ok"},
        ProbeCase{"AliveThoughNotReady", kHealth, "bad", "GET", "/healthz", "", 200, "ok"},
        ProbeCase{"Ready", kHealth, "", "GET", "/readyz", "", 200, "ok"},
        ProbeCase{"ReadyInDetail", kHealth, "", "GET", "/readyz", "verbose", 200, "[+] second: ok"},
        ProbeCase{"NotReadySaysWhy", kHealth, "bad", "GET", "/readyz", "", 503, "[-] second: bad"},
        ProbeCase{"Metrics", kMetrics, "", "GET", "/metrics", "", 200, "metrics"},
        ProbeCase{"MetricsElsewhere", kHealth, "", "GET", "/metrics", "", 404, ""},
        ProbeCase{"HealthElsewhere", kMetrics, "", "GET", "/readyz", "", 404, ""},
        ProbeCase{"BothOnOne", kBoth, "", "GET", "/metrics", "", 200, "metrics"},
        ProbeCase{"Root", kBoth, "", "GET", "/", "", 404, ""},
        ProbeCase{"Post", kBoth, "", "POST", "/healthz", "", 405, ""}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::http
